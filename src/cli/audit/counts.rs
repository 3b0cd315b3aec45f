//! How counts look.

use std::io::{self, Write};

use crate::audit::index::Field;
use crate::audit::query::{Counts, Groups};
use crate::tenant::TenantId;

/// A table for people: a line for each tenant and group.
pub(super) fn text(out: &mut impl Write, by: &[Field], tables: &[(TenantId, Groups)]) -> io::Result<()> {
    let head = ["tenant"].into_iter().chain(by.iter().map(|field| field.name())).map(str::to_owned);
    let mut lines: Vec<(Vec<String>, String, String)> =
        vec![(head.map(|name| name.to_uppercase()).collect(), "REQUESTS".into(), "ENTITIES".into())];
    for (tenant, values, Counts { requests, entities }) in rows(tables) {
        let values = values.iter().map(|value| value.clone().unwrap_or_else(|| "-".into()));
        lines.push((
            [tenant.to_owned()].into_iter().chain(values).collect(),
            requests.to_string(),
            entities.to_string(),
        ));
    }
    let width = |column: usize| lines.iter().filter_map(|(cells, ..)| Some(cells.get(column)?.chars().count())).max();
    let widths: Vec<usize> = (0..=by.len()).map(|column| width(column).unwrap_or_default()).collect();
    for (cells, requests, entities) in &lines {
        for (cell, width) in cells.iter().zip(&widths) {
            write!(out, "{cell:<width$}  ")?;
        }
        writeln!(out, "{requests:>10}  {entities:>10}")?;
    }
    Ok(())
}

/// One JSON document a line for each tenant.
pub(super) fn json(out: &mut impl Write, by: &[Field], tables: &[(TenantId, Groups)]) -> io::Result<()> {
    for (tenant, groups) in tables {
        writeln!(out, "{}", groups.document(tenant, by))?;
    }
    Ok(())
}

/// CSV as of RFC 4180, with a line of names.
pub(super) fn csv(out: &mut impl Write, by: &[Field], tables: &[(TenantId, Groups)]) -> io::Result<()> {
    let names: Vec<&str> = by.iter().map(|field| field.name()).collect();
    write!(out, "tenant,{},requests,entities\r\n", names.join(","))?;
    for (tenant, values, Counts { requests, entities }) in rows(tables) {
        write!(out, "{tenant}")?;
        for value in values {
            write!(out, ",{}", cell(value.as_deref().unwrap_or_default()))?;
        }
        write!(out, ",{requests},{entities}\r\n")?;
    }
    Ok(())
}

fn rows(tables: &[(TenantId, Groups)]) -> impl Iterator<Item = (&str, &Vec<Option<String>>, Counts)> {
    tables
        .iter()
        .flat_map(|(tenant, groups)| groups.rows.iter().map(move |(values, counts)| (tenant.as_str(), values, *counts)))
}

/// A value that a spreadsheet shows and does not compute.
fn cell(value: &str) -> String {
    let guarded = if value.starts_with(['=', '+', '-', '@']) { format!("'{value}") } else { value.to_owned() };
    if guarded.contains([',', '"', '\r', '\n']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::audit::Seq;

    fn tables() -> Vec<(TenantId, Groups)> {
        let row = |label: Option<&str>, day: &str, requests, entities| {
            (vec![label.map(str::to_owned), Some(day.to_owned())], Counts { requests, entities })
        };
        let rows = vec![row(None, "2026-01-31", 7, 0), row(Some("=1,\"2\""), "2026-01-31", 12, 30)];
        vec![(TenantId::parse("acme").unwrap(), Groups { as_of: Seq::new(40).unwrap(), rows })]
    }

    fn shown(show: impl Fn(&mut Vec<u8>, &[Field], &[(TenantId, Groups)]) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        show(&mut out, &[Field::Label, Field::Day], &tables()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn counts_are_shown_as_a_table_as_json_and_as_csv() {
        let table = shown(text);
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[0].starts_with("TENANT  LABEL") && lines[0].ends_with("REQUESTS    ENTITIES"), "{table}");
        assert!(lines[1].contains("acme    - ") && lines[1].ends_with("7           0"), "{table}");

        let csv = shown(csv);
        assert_eq!(
            csv,
            "tenant,label,day,requests,entities\r\nacme,,2026-01-31,7,0\r\nacme,\"'=1,\"\"2\"\"\",2026-01-31,12,30\r\n"
        );

        let json: Value = serde_json::from_str(&shown(json)).unwrap();
        assert_eq!(json["as_of"].as_i64(), Some(40));
        assert_eq!(json["data"][1]["day"], "2026-01-31");
        assert!(json["data"][0]["label"].is_null());
    }
}
