//! Tables in a text: the header of a column speaks for the values under it.
//!
//! Read are lines with a mark between cells (CSV with comma or semicolon, TSV,
//! Markdown) under a line with as many, and SQL's `INSERT INTO t (a, b) VALUES
//! (...)`.

use std::ops::Range;

use memchr::{memchr, memmem};

/// A value's place in a table and the header above it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Cell {
    pub(super) value: Range<usize>,
    pub(super) header: Range<usize>,
}

/// A longer line heads no table, in bytes.
const HEADER_LINE_BYTES_MAX: usize = 4096;
/// A longer cell is no column's name, in bytes.
const HEADER_BYTES_MAX: usize = 48;
/// A longer row of values is not read, in bytes.
const TUPLE_BYTES_MAX: usize = 1 << 16;
/// The marks between cells, the surest first.
const MARKS: [u8; 4] = [b'\t', b'|', b';', b','];

/// Calls `found` for the cells of each column whose header `speaks`, by rising
/// place.
pub(super) fn cells(text: &str, speaks: impl Fn(Range<usize>) -> bool, mut found: impl FnMut(Cell)) {
    if memchr(b'\n', text.as_bytes()).is_some() {
        cells_of_lines(text, &speaks, &mut found);
    }
    cells_of_sql(text, &speaks, &mut found);
}

fn cells_of_lines(text: &str, speaks: &impl Fn(Range<usize>) -> bool, found: &mut impl FnMut(Cell)) {
    let mut above = 0..0;
    let mut table: Option<Table> = None;
    for line in lines(text.as_bytes()) {
        let row = &text.as_bytes()[line.clone()];
        table = match table {
            Some(table) if marks(row, table.mark) == table.headers.len() - 1 => Some(table),
            _ => Table::under(text, above, row, speaks),
        };
        if let Some(table) = &table {
            let cells = split(text.as_bytes(), line.clone(), table.mark, b'"').zip(&table.headers);
            cells.for_each(|(value, header)| found_under(header, value, found));
        }
        above = line;
    }
}

fn found_under(header: &Option<Range<usize>>, value: Range<usize>, found: &mut impl FnMut(Cell)) {
    if let Some(header) = header {
        found(Cell { value, header: header.clone() });
    }
}

/// A header line that rows stand under.
struct Table {
    mark: u8,
    /// The headers that speak, by column.
    headers: Vec<Option<Range<usize>>>,
}

impl Table {
    /// The table that the line `header` begins, if `row` is its first row.
    fn under(text: &str, header: Range<usize>, row: &[u8], speaks: &impl Fn(Range<usize>) -> bool) -> Option<Table> {
        let bytes = text.as_bytes();
        let line = &bytes[header.clone()];
        if line.is_empty() || line.len() > HEADER_LINE_BYTES_MAX {
            return None;
        }
        let mark = *MARKS.iter().find(|mark| memchr(**mark, line).is_some())?;
        if marks(line, mark) != marks(row, mark) || !line.iter().all(|byte| is_of_header(*byte)) {
            return None;
        }
        let headers: Vec<_> = split(bytes, header, mark, b'"').collect();
        if headers.iter().any(|header| header.len() > HEADER_BYTES_MAX) {
            return None;
        }
        let headers: Vec<_> = headers.into_iter().map(|header| speaks(header.clone()).then_some(header)).collect();
        headers.iter().any(Option::is_some).then_some(Table { mark, headers })
    }
}

/// Whether a line with `byte` may hold the names of columns: code, JSON and
/// sentences have others.
fn is_of_header(byte: u8) -> bool {
    !matches!(byte, b':' | b'=' | b'{' | b'}' | b'<' | b'>' | b'[' | b']' | b'!' | b'?' | b'@')
}

/// How many marks between cells `line` has; most lines have no quotes.
fn marks(line: &[u8], mark: u8) -> usize {
    match memchr(b'"', line) {
        None => line.iter().filter(|byte| **byte == mark).count(),
        Some(_) => split(line, 0..line.len(), mark, b'"').count() - 1,
    }
}

/// The pieces of `line` between the marks that do not stand in quotes.
fn split(bytes: &[u8], line: Range<usize>, mark: u8, quote: u8) -> impl Iterator<Item = Range<usize>> {
    let mut at = Some(line.start);
    std::iter::from_fn(move || {
        let start = at?;
        let mut is_quoted = false;
        let len = bytes[start..line.end].iter().position(|byte| {
            is_quoted ^= *byte == quote;
            *byte == mark && !is_quoted
        });
        let end = len.map_or(line.end, |len| start + len);
        at = len.map(|_| end + 1);
        Some(start..end)
    })
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at >= bytes.len() {
            return None;
        }
        let start = at;
        let end = memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |len| at + len);
        at = end + 1;
        Some(start..end)
    })
}

fn cells_of_sql(text: &str, speaks: &impl Fn(Range<usize>) -> bool, found: &mut impl FnMut(Cell)) {
    let bytes = text.as_bytes();
    let mut done = 0;
    let mut keywords: Vec<usize> =
        ["VALUES", "values"].iter().flat_map(|word| memmem::find_iter(bytes, word)).collect();
    keywords.sort_unstable();
    for keyword in keywords {
        let Some(columns) = columns_before(bytes, done, keyword).filter(|_| done <= keyword) else { continue };
        let headers: Vec<_> =
            split(bytes, columns, b',', b'"').map(|header| speaks(header.clone()).then_some(header)).collect();
        done = keyword + "VALUES".len();
        while let Some(tuple) = tuple_at(bytes, done) {
            done = tuple.end + 1;
            let cells = split(bytes, tuple, b',', b'\'').zip(&headers);
            cells.for_each(|(value, header)| found_under(header, value, found));
        }
    }
}

/// What stands between the parentheses in front of `keyword`.
fn columns_before(bytes: &[u8], from: usize, keyword: usize) -> Option<Range<usize>> {
    let from = from.max(keyword.saturating_sub(HEADER_LINE_BYTES_MAX));
    let end = from + bytes.get(from..keyword)?.trim_ascii_end().strip_suffix(b")")?.len();
    let start = from + bytes[from..end].iter().rposition(|byte| matches!(byte, b'(' | b')' | b';'))?;
    (bytes[start] == b'(').then_some(start + 1..end)
}

/// What stands between the parentheses that open at `at`, a comma and white
/// space passed over.
fn tuple_at(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let lead = bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b',').count();
    let start = at + lead + 1;
    (bytes.get(start - 1) == Some(&b'(')).then_some(())?;
    let mut is_quoted = false;
    let len = bytes[start..].iter().take(TUPLE_BYTES_MAX).position(|byte| {
        is_quoted ^= *byte == b'\'';
        *byte == b')' && !is_quoted
    })?;
    Some(start..start + len)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cells under headers with an `x`.
    fn under_x(text: &str) -> Vec<&str> {
        let mut values = Vec::new();
        cells(text, |header| text[header].contains('x'), |cell| values.push(text[cell.value].trim()));
        values
    }

    #[test]
    fn the_cells_of_a_column_are_found_under_its_header() {
        for (text, expected) in [
            ("a,x,b\n1,2,3\n4,\"5,5\",6\n\n7,8,9", vec!["2", "\"5,5\""]),
            ("x\ta\n1\t2\n3\t4\n", vec!["1", "3"]),
            ("| a | x |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\nend", vec!["---", "2", "4"]),
            ("a;x\n1,0;2,0", vec!["2,0"]),
            ("INSERT INTO t (a, x) VALUES ('1', '2'),\n ('it''s, 3', '4');", vec!["'2'", "'4'"]),
            ("insert into t(x) values (1)", vec!["1"]),
        ] {
            assert_eq!(under_x(text), expected, "{text}");
        }
    }

    #[test]
    fn lines_of_prose_and_code_are_no_table() {
        for text in [
            "So x, he said, left.\nNobody saw it.",
            "{\"x\": 1, \"a\": 2}\n{\"x\": 3, \"a\": 4}",
            "let (x, a) = f();\nlet (b, c) = g();",
            "the values (1, 2)",
            "",
            "\n\n",
        ] {
            assert_eq!(under_x(text), Vec::<&str>::new(), "{text}");
        }
    }
}
