//! Objects: their members are written as they come and sorted at the end.

use std::ops::Range;

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeStruct};

use super::write::Canonical;
use super::{INTEGER_MAX, NotCanonical};

/// The members of an object, or the digits of a number.
pub(super) struct Members<'a> {
    out: &'a mut String,
    /// Where the object begins.
    start: usize,
    /// Each member's name, without its quotes, and the whole member.
    members: Vec<(Range<usize>, Range<usize>)>,
    number: bool,
}

impl<'a> Members<'a> {
    pub(super) fn begin(out: &'a mut String) -> Members<'a> {
        let start = out.len();
        out.push('{');
        Members { out, start, members: Vec::with_capacity(16), number: false }
    }

    pub(super) fn number(out: &'a mut String) -> Members<'a> {
        let start = out.len();
        Members { out, start, members: Vec::new(), number: true }
    }

    fn name<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), NotCanonical> {
        if !self.members.is_empty() {
            self.out.push(',');
        }
        let begin = self.out.len();
        name.serialize(Canonical(self.out))?;
        let written = &self.out.as_bytes()[begin..];
        if written.first() != Some(&b'"') || !written.is_ascii() || written.contains(&b'\\') {
            return Err(NotCanonical::Name);
        }
        let end = self.out.len();
        self.members.push((begin + 1..end - 1, begin..end));
        self.out.push(':');
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotCanonical> {
        value.serialize(Canonical(self.out))?;
        if let Some((_, member)) = self.members.last_mut() {
            member.end = self.out.len();
        }
        Ok(())
    }

    fn close(self) -> Result<(), NotCanonical> {
        let Members { out, start, mut members, number } = self;
        if number {
            return check_number(&out[start..]);
        }
        let text = out.as_bytes();
        let sorted = members.is_sorted_by(|(one, _), (next, _)| text[one.clone()] < text[next.clone()]);
        if !sorted {
            members.sort_by(|(one, _), (other, _)| text[one.clone()].cmp(&text[other.clone()]));
            // Two members of one name are read as one or the other.
            if members.windows(2).any(|two| text[two[0].0.clone()] == text[two[1].0.clone()]) {
                return Err(NotCanonical::Name);
            }
            let moved: Vec<&str> = members.iter().map(|(_, member)| &out[member.clone()]).collect();
            let object = moved.join(",");
            out.truncate(start + 1);
            out.push_str(&object);
        }
        out.push('}');
        Ok(())
    }
}

/// `-0`, `1.0`, `1e3` and `01` are integers in another form.
fn check_number(digits: &str) -> Result<(), NotCanonical> {
    let value: i64 = digits.parse().map_err(|_| NotCanonical::Number)?;
    if value.unsigned_abs() > INTEGER_MAX || value.to_string() != digits {
        return Err(NotCanonical::Number);
    }
    Ok(())
}

impl SerializeMap for Members<'_> {
    type Ok = ();
    type Error = NotCanonical;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), NotCanonical> {
        self.name(name)
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotCanonical> {
        self.value(value)
    }
    fn end(self) -> Result<(), NotCanonical> {
        self.close()
    }
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = NotCanonical;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), NotCanonical> {
        if self.number {
            let begin = self.out.len();
            value.serialize(Canonical(self.out))?;
            // Digits come as a string.
            let digits = self.out[begin..].trim_matches('"').to_owned();
            self.out.truncate(begin);
            self.out.push_str(&digits);
            return Ok(());
        }
        self.name(name)?;
        self.value(value)
    }
    fn end(self) -> Result<(), NotCanonical> {
        self.close()
    }
}
