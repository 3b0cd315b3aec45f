//! `cordon audit reindex`: makes the search index anew.

use std::error::Error;
use std::io::{self, Write};

use clap::Args;

use super::{WHOLE, chosen, progress_bar};
use crate::audit::index::Indexer;
use crate::cli::input::ignore_closed_pipe;
use crate::cli::keys::parse_chain;
use crate::store::Store;
use crate::tenant::TenantId;

#[derive(Args, Debug)]
pub(super) struct ReindexArgs {
    /// Only this tenant's chain
    #[arg(long, value_parser = parse_chain)]
    tenant: Option<TenantId>,
}

/// Runs the command. Questions that are asked meanwhile are answered, slowly.
pub(super) async fn run(store: &Store, args: ReindexArgs) -> Result<u8, Box<dyn Error>> {
    let indexer = Indexer::new(store.pool.clone());
    for tenant in chosen(&store.pool, args.tenant).await? {
        let bar = progress_bar();
        let records = indexer.rebuild(&tenant, |records| bar.set_position(records)).await?;
        bar.finish_and_clear();
        let done = writeln!(io::stdout().lock(), "{}: {records} records indexed", tenant.as_str());
        ignore_closed_pipe(done)?;
    }
    Ok(WHOLE)
}
