//! `cordon audit prove`: proofs for somebody who does not have the log.

use std::error::Error;
use std::io::{self, Write};

use clap::Args;

use super::WHOLE;
use crate::audit::checkpoint::CheckpointMaker;
use crate::audit::proof::Prover;
use crate::audit::{Actor, AuditConfig, AuditLog, AuditRead, Event, Seq};
use crate::cli::input::ignore_closed_pipe;
use crate::cli::keys::parse_chain;
use crate::config::Settings;
use crate::startup;
use crate::store::Store;
use crate::tenant::TenantId;

#[derive(Args, Debug)]
pub(super) struct ProveArgs {
    /// Whose chain: a tenant, or _system
    #[arg(long, value_parser = parse_chain)]
    tenant: TenantId,
    #[command(flatten)]
    question: Question,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = true)]
struct Question {
    /// Prove that the record at this place is in the tree of a checkpoint
    #[arg(long, conflicts_with = "from", value_parser = clap::value_parser!(i64).range(1..))]
    seq: Option<i64>,
    /// That of the checkpoint over so many records [default: the first that covers the record]
    #[arg(long, requires = "seq")]
    size: Option<u64>,
    /// Prove that a checkpoint goes on from the one over so many records
    #[arg(long, requires = "to")]
    from: Option<u64>,
    /// The newer checkpoint
    #[arg(long, requires = "from")]
    to: Option<u64>,
}

/// Prints the proof as one line of JSON.
pub(super) async fn run(store: &Store, settings: &Settings, args: ProveArgs) -> Result<u8, Box<dyn Error>> {
    super::known(&store.pool, &args.tenant).await?;
    let audit = AuditLog::start(store, AuditConfig::default());
    let maker = startup::checkpoint_maker(settings, store, &audit)?;
    let proved = prove(&maker, &args).await;
    audit.flush_and_stop(super::FLUSH_MAX).await;
    ignore_closed_pipe(writeln!(io::stdout().lock(), "{}", proved?))?;
    Ok(WHOLE)
}

async fn prove(maker: &CheckpointMaker, args: &ProveArgs) -> Result<String, Box<dyn Error>> {
    let (tenant, trusted) = (&args.tenant, maker.trusted(&args.tenant));
    let prover = Prover { pool: &maker.pool, tenant, trusted, records_max: u64::MAX };
    let (json, filters) = match args.question {
        Question { from: Some(from), to: Some(to), .. } => {
            (prover.consistency(from, to).await?.json(), vec!["from", "to"])
        }
        Question { seq, size, .. } => {
            let seq = seq.and_then(Seq::new).unwrap_or(Seq::NONE);
            let filters = if size.is_some() { vec!["seq", "size"] } else { vec!["seq"] };
            (prover.inclusion(seq, size).await?.json(), filters)
        }
    };
    // Who asks is recorded before the answer is shown.
    let read = AuditRead { by: Actor::Command, what: "proof", filters, records: 1 };
    maker.audit.append(tenant, Event::AuditRead(read)).await?;
    Ok(json)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::audit::checkpoint::testing::Chain;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: ProveArgs,
    }

    fn parsed(words: &str) -> Result<ProveArgs, clap::Error> {
        Ok(Command::try_parse_from(format!("prove {words}").split(' '))?.args)
    }

    #[tokio::test]
    async fn a_proof_is_one_line_and_leaves_a_record() {
        let chain = Chain::start().await;
        for _ in 0..2 {
            chain.append("acme", 2).await;
            chain.made("acme").await;
        }
        let json = prove(&chain.maker, &parsed("--tenant acme --seq 2").unwrap()).await.unwrap();
        assert!(json.starts_with(r#"{"kind":"inclusion","tenant":"acme","seq":2,"#) && !json.contains('\n'), "{json}");
        let json = prove(&chain.maker, &parsed("--tenant acme --from 3 --to 6").unwrap()).await.unwrap();
        assert!(json.starts_with(r#"{"kind":"consistency","tenant":"acme","from":3,"to":6,"#), "{json}");
        assert_eq!(chain.kinds("acme").await[6..], ["audit_read", "audit_read"]);
        assert!(prove(&chain.maker, &parsed("--tenant acme --seq 7").unwrap()).await.is_err());
    }

    #[test]
    fn one_question_is_asked_at_a_time() {
        for words in [
            "--tenant acme",
            "--seq 1",
            "--tenant acme --from 1",
            "--tenant acme --size 3",
            "--tenant acme --seq 1 --from 1 --to 2",
            "--tenant acme --seq 0",
        ] {
            assert!(parsed(words).is_err(), "{words}");
        }
        assert!(parsed("--tenant _system --seq 1 --size 9").is_ok());
    }
}
