//! Where a list of records goes on. A cursor holds the whole question, so that
//! `since=2h` is the same moment on every page, and the chain's end as the first
//! page saw it, so that what is appended meanwhile changes no page.

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;

use crate::audit::Seq;
use crate::audit::query::{Filter, Page};
use crate::tenant::TenantId;

/// Longer ones are not ours.
const CURSOR_BYTES_MAX: usize = 8192;

/// The cursor of the page of `filter` that begins at `next`.
pub(super) fn write(filter: &Filter, as_of: Seq, next: Page) -> String {
    let mut pairs: Vec<(&str, String)> = vec![("as_of", as_of.to_string())];
    match next {
        Page::After(seq) => pairs.push(("after", seq.to_string())),
        Page::Before(seq) => pairs.push(("before", seq.to_string())),
        Page::Latest => {}
    }
    let time = |us: i64| Timestamp::from_microsecond(us).ok().map(|time| time.to_string());
    pairs.extend(filter.since_us.and_then(time).map(|time| ("since", time)));
    pairs.extend(filter.until_us.and_then(time).map(|time| ("until", time)));
    pairs.extend(filter.request.map(|id| ("request", id.to_string())));
    pairs.extend(filter.id.clone().map(|id| ("id", id)));
    pairs.extend(filter.fields.iter().map(|(field, value)| (field.name(), value.clone())));
    BASE64URL_NOPAD.encode(serde_json::json!(pairs).to_string().as_bytes())
}

/// The question that a cursor holds, of `tenant`'s records, and the names of its
/// filters; `None` when [`write`] did not write it.
pub(super) fn read(cursor: &str, tenant: &TenantId) -> Option<(Filter, Vec<&'static str>)> {
    let bytes = BASE64URL_NOPAD.decode(cursor.get(..cursor.len().min(CURSOR_BYTES_MAX))?.as_bytes()).ok()?;
    let pairs: Vec<(String, String)> = serde_json::from_slice(&bytes).ok()?;
    let (mut filter, mut names, mut is_placed) = (Filter::of(tenant.clone()), Vec::new(), false);
    for (name, value) in pairs {
        let seq = || value.parse().ok().and_then(Seq::new);
        match name.as_str() {
            "as_of" => filter.as_of = Some(seq()?),
            "after" => (filter.page, is_placed) = (Page::After(seq()?), true),
            "before" => (filter.page, is_placed) = (Page::Before(seq()?), true),
            _ => {
                filter.set(&name, &value).ok()?;
                names.extend(Filter::PARAMETERS.iter().copied().find(|known| *known == name));
            }
        }
    }
    (is_placed && filter.as_of.is_some()).then_some((filter, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_holds_the_question_and_nothing_else_is_one() {
        let tenant = TenantId::parse("acme").unwrap();
        let mut filter = Filter::of(tenant.clone());
        for (name, value) in [("since", "2h"), ("label", "CUSTOM:A"), ("id", "x&y=\"z\""), ("policy", "ü")] {
            filter.set(name, value).unwrap();
        }
        let [as_of, at] = [40, 17].map(|seq| Seq::new(seq).unwrap());
        let cursor = write(&filter, as_of, Page::Before(at));
        assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{cursor}");
        let (again, names) = read(&cursor, &tenant).unwrap();
        assert_eq!(names, ["since", "id", "label", "policy"]);
        assert_eq!((again.as_of, again.page, again.since_us), (Some(as_of), Page::Before(at), filter.since_us));
        assert_eq!((&again.id, &again.fields), (&filter.id, &filter.fields));

        let of = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        let alien =
            ["", "?", "17", &of("[]"), &of("{}"), &of(r#"[["as_of","4"]]"#), &of(r#"[["as_of","4"],["after","-1"]]"#)];
        for alien in alien {
            assert!(read(alien, &tenant).is_none(), "{alien}");
        }
        let injected = of(r#"[["as_of","4"],["after","1"],["tenant","other"]]"#);
        assert!(read(&injected, &tenant).is_none());
        for cut in 0..cursor.len() {
            // Whatever is left of a cursor is another question or none, and no panic.
            let _ = read(&cursor[..cut], &tenant);
        }
    }
}
