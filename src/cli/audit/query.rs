//! `cordon audit query`: shows records, or counts requests.

use std::error::Error;
use std::io;

use clap::{Args, ValueEnum};

use super::filter::FilterArgs;
use super::reader::Reader;
use super::{WHOLE, counts, show};
use crate::audit::Seq;
use crate::audit::index::Field;
use crate::audit::query::{self, Filter, GROUPS_MAX, Groups, Page, StoredRecord, aggregate};
use crate::cli::keys::parse_chain;
use crate::store::Store;
use crate::tenant::TenantId;

#[derive(Args, Debug)]
pub(super) struct QueryArgs {
    /// Only this tenant's records; _system for what belongs to no tenant
    #[arg(long, value_parser = parse_chain)]
    tenant: Option<TenantId>,
    #[command(flatten)]
    filter: FilterArgs,
    /// Begin after this place in the chain (0: at its beginning) instead of showing the latest records
    #[arg(long, value_name = "SEQ", value_parser = parse_seq)]
    after: Option<Seq>,
    /// The latest records before this place
    #[arg(long, value_name = "SEQ", value_parser = parse_seq, conflicts_with = "after")]
    before: Option<Seq>,
    /// As if the chain ended at this place: the same answer at any time
    #[arg(long, value_name = "SEQ", value_parser = parse_seq)]
    as_of: Option<Seq>,
    /// At most so many records of a tenant, up to 10000
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=i64::from(query::LIMIT_MAX)))]
    limit: u32,
    /// Count requests and entities instead, by one or two of: label, action, provider, region, day, outcome,
    /// code, policy, policy_hash, model, key, purpose, route
    #[arg(long, value_delimiter = ',', value_parser = parse_group, conflicts_with_all = ["after", "before", "limit"])]
    group_by: Vec<Field>,
    /// One line a record or a table; the records' exact JSON with their links or a JSON document a tenant; CSV
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
    /// Of counts only
    Csv,
}

/// Runs the command: each chain's answer is shown once the record of its reading is
/// durable.
pub(super) async fn run(store: &Store, args: QueryArgs) -> Result<u8, Box<dyn Error>> {
    if args.format == Format::Csv && args.group_by.is_empty() {
        return Err("--format csv is for counts; add --group-by, or see `cordon audit export`".into());
    }
    if args.group_by.len() > GROUPS_MAX {
        return Err(format!("--group-by takes at most {GROUPS_MAX} fields").into());
    }
    // What is wrong with the options is said before anything is read or recorded.
    args.filter.apply(&mut Filter::of(TenantId::system()))?;
    let reader = Reader::new(store);
    let shown = show_chains(store, &args, &reader).await;
    reader.close().await;
    // A reader that has gone (`| head`) is no failure.
    match shown {
        Err(error) if is_closed_pipe(&*error) => Ok(WHOLE),
        shown => shown.map(|()| WHOLE),
    }
}

async fn show_chains(store: &Store, args: &QueryArgs, reader: &Reader) -> Result<(), Box<dyn Error>> {
    let tenants = query::tenants(&store.pool).await?;
    if let Some(tenant) = args.tenant.as_ref().filter(|tenant| !tenants.contains(tenant)) {
        return Err(format!("no such tenant: {}", tenant.as_str()).into());
    }
    let mut tables = Vec::new();
    for tenant in tenants.into_iter().filter(|tenant| args.tenant.as_ref().is_none_or(|chosen| chosen == tenant)) {
        let mut filter = Filter { as_of: args.as_of, limit: args.limit, ..Filter::of(tenant.clone()) };
        let names = args.filter.apply(&mut filter)?;
        match (args.after, args.before) {
            (Some(after), _) => filter.page = Page::After(after),
            (_, Some(before)) => filter.page = Page::Before(before),
            _ => {}
        }
        if args.group_by.is_empty() {
            let records = query::records(&store.pool, &filter).await?;
            reader.tell(&tenant, "records", names, records.len()).await?;
            show_records(&records, &tenant, args.format)?;
        } else {
            let groups = aggregate(&store.pool, &filter, &args.group_by).await?;
            reader.tell(&tenant, "counts", names, 0).await?;
            tables.push((tenant, groups));
        }
    }
    show_counts(&tables, args)?;
    Ok(())
}

fn show_records(records: &[StoredRecord], tenant: &TenantId, format: Format) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let colour = show::Colour::for_stream(&out);
    for record in records {
        match format {
            Format::Json => show::json(&mut out, record)?,
            Format::Text | Format::Csv => show::line(&mut out, tenant, record, colour)?,
        }
    }
    Ok(())
}

fn show_counts(tables: &[(TenantId, Groups)], args: &QueryArgs) -> io::Result<()> {
    if args.group_by.is_empty() {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    match args.format {
        Format::Text => counts::text(&mut out, &args.group_by, tables),
        Format::Json => counts::json(&mut out, &args.group_by, tables),
        Format::Csv => counts::csv(&mut out, &args.group_by, tables),
    }
}

fn is_closed_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn parse_seq(text: &str) -> Result<Seq, &'static str> {
    text.parse().ok().and_then(Seq::new).ok_or("a place in a chain is a whole number from 0")
}

fn parse_group(text: &str) -> Result<Field, String> {
    Field::parse_group(text).ok_or_else(|| format!("one or two of {}", Field::group_names()))
}
