//! `cordon audit checkpoint` and `cordon audit key`.

use std::error::Error;
use std::io::{self, Write};

use clap::Args;

use super::{BROKEN, NOT_DONE, WHOLE, chosen};
use crate::audit::checkpoint::{CheckpointMaker, Made, MakeError, PublicKey};
use crate::audit::{AuditConfig, AuditLog};
use crate::cli::input::ignore_closed_pipe;
use crate::cli::keys::parse_chain;
use crate::config::{Settings, has_signing_key};
use crate::startup;
use crate::store::Store;
use crate::tenant::TenantId;

#[derive(Args, Debug)]
pub(super) struct ChainArgs {
    /// Only this tenant's chain, or _system
    #[arg(long, value_parser = parse_chain)]
    pub(super) tenant: Option<TenantId>,
}

/// Makes a checkpoint of each chosen chain and prints the notes.
pub(super) async fn run(store: &Store, settings: &Settings, args: ChainArgs) -> Result<u8, Box<dyn Error>> {
    if let Some(tenant) = &args.tenant {
        super::known(&store.pool, tenant).await?;
    }
    let tenants = chosen(&store.pool, args.tenant).await?;
    let audit = AuditLog::start(store, AuditConfig::default());
    let maker = startup::checkpoint_maker(settings, store, &audit)?;
    let code = make_all(&maker, tenants, &mut io::stdout().lock()).await;
    audit.flush_and_stop(super::FLUSH_MAX).await;
    Ok(code)
}

/// The notes of the chains, each behind an empty line but the first. A chain that
/// gets none does not hold up the others.
async fn make_all(maker: &CheckpointMaker, tenants: Vec<TenantId>, out: &mut impl Write) -> u8 {
    let (mut code, mut first) = (WHOLE, true);
    for tenant in tenants {
        let told = match maker.make(&tenant).await {
            Ok(Made::New(signed) | Made::Unchanged(signed)) => {
                let between = if std::mem::take(&mut first) { "" } else { "\n" };
                write!(out, "{between}{}", signed.text())
            }
            Ok(Made::Empty) => writeln!(io::stderr(), "{tenant}: no records yet"),
            Err(error) => {
                let failed = if matches!(error, MakeError::Refused { .. }) { BROKEN } else { NOT_DONE };
                code = if code == BROKEN { BROKEN } else { failed };
                writeln!(io::stderr(), "error: {tenant}: {error}")
            }
        };
        // What was made is made, whether or not somebody reads of it.
        let _ = ignore_closed_pipe(told);
    }
    code
}

/// Prints the public keys whose checkpoints count, one a line: for each chain that
/// of the key that signs, then those of `trusted_keys`.
pub(super) async fn show_keys(store: &Store, settings: &Settings, args: ChainArgs) -> Result<u8, Box<dyn Error>> {
    if !has_signing_key(&settings.home) {
        return Err(
            "there is no key that signs checkpoints yet; `cordon serve` and `cordon audit checkpoint` make it, in \
                    the home folder of the server"
                .into(),
        );
    }
    let key = startup::signing_key(&settings.home)?;
    let tenants = chosen(&store.pool, args.tenant).await?;
    let own: Vec<PublicKey> = tenants.iter().map(|tenant| key.public_key(&settings.audit.origin, tenant)).collect();
    let mut out = io::stdout().lock();
    for key in own.iter().chain(&settings.audit.trusted_keys) {
        ignore_closed_pipe(writeln!(out, "{key}"))?;
    }
    Ok(WHOLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::checkpoint::SignedCheckpoint;
    use crate::audit::checkpoint::testing::Chain;
    use crate::audit::testing::tenant;

    #[tokio::test]
    async fn the_notes_are_printed_as_they_are_and_a_refused_chain_holds_up_no_other() {
        let chain = Chain::start().await;
        for name in ["bent", "sound"] {
            chain.append(name, 3).await;
            chain.made(name).await;
        }
        chain.cut_end("bent", 2).await;
        let mut out = Vec::new();
        let tenants = ["bent", "sound", "nobody"].map(tenant).to_vec();
        assert_eq!(make_all(&chain.maker, tenants, &mut out).await, BROKEN);
        let note = SignedCheckpoint::parse(&String::from_utf8(out).unwrap()).unwrap();
        assert_eq!((note.checkpoint().tenant.as_str(), note.checkpoint().size), ("sound", 4));
        chain.append("other", 1).await;
        let mut out = Vec::new();
        let tenants = ["sound", "other"].map(tenant).to_vec();
        assert_eq!(make_all(&chain.maker, tenants, &mut out).await, WHOLE);
        let text = String::from_utf8(out).unwrap();
        let (first, second) = text.split_at(text.find("\n\ncordon/other").unwrap() + 1);
        assert!(SignedCheckpoint::parse(first).is_ok() && SignedCheckpoint::parse(&second[1..]).is_ok(), "{text}");
    }
}
