//! Values.

use std::fmt::Write;

use serde::ser::{Impossible, SerializeSeq, SerializeTuple, SerializeTupleStruct};
use serde::{Serialize, Serializer};

use super::members::Members;
use super::{INTEGER_MAX, NotCanonical};

/// Appends to the text.
pub(super) struct Canonical<'a>(pub(super) &'a mut String);

type Written = Result<(), NotCanonical>;

impl Canonical<'_> {
    fn word(self, word: &str) -> Written {
        self.0.push_str(word);
        Ok(())
    }
}

impl<'a> Serializer for Canonical<'a> {
    type Ok = ();
    type Error = NotCanonical;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Items<'a>;
    type SerializeTupleStruct = Items<'a>;
    type SerializeTupleVariant = Impossible<(), NotCanonical>;
    type SerializeMap = Members<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = Impossible<(), NotCanonical>;

    fn serialize_bool(self, value: bool) -> Written {
        self.word(if value { "true" } else { "false" })
    }
    fn serialize_i8(self, value: i8) -> Written {
        self.serialize_i64(value.into())
    }
    fn serialize_i16(self, value: i16) -> Written {
        self.serialize_i64(value.into())
    }
    fn serialize_i32(self, value: i32) -> Written {
        self.serialize_i64(value.into())
    }
    fn serialize_i64(self, value: i64) -> Written {
        if value < 0 {
            self.0.push('-');
        }
        self.serialize_u64(value.unsigned_abs())
    }
    fn serialize_u8(self, value: u8) -> Written {
        self.serialize_u64(value.into())
    }
    fn serialize_u16(self, value: u16) -> Written {
        self.serialize_u64(value.into())
    }
    fn serialize_u32(self, value: u32) -> Written {
        self.serialize_u64(value.into())
    }
    fn serialize_u64(self, value: u64) -> Written {
        if value > INTEGER_MAX {
            return Err(NotCanonical::Number);
        }
        // Writing to a String does not fail.
        write!(self.0, "{value}").map_err(|_| NotCanonical::Serialize)
    }
    fn serialize_f32(self, _: f32) -> Written {
        Err(NotCanonical::Number)
    }
    fn serialize_f64(self, _: f64) -> Written {
        Err(NotCanonical::Number)
    }
    fn serialize_char(self, value: char) -> Written {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }
    fn serialize_str(self, text: &str) -> Written {
        write_string(text, self.0)
    }
    fn serialize_bytes(self, _: &[u8]) -> Written {
        Err(NotCanonical::Serialize)
    }
    fn serialize_none(self) -> Written {
        self.word("null")
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Written {
        self.word("null")
    }
    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.word("null")
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.serialize_str(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Written {
        Err(NotCanonical::Serialize)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'a>, NotCanonical> {
        self.0.push('[');
        Ok(Items { out: self.0, first: true })
    }
    fn serialize_tuple(self, length: usize) -> Result<Items<'a>, NotCanonical> {
        self.serialize_seq(Some(length))
    }
    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Items<'a>, NotCanonical> {
        self.serialize_seq(Some(length))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, NotCanonical> {
        Err(NotCanonical::Serialize)
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Members<'a>, NotCanonical> {
        Ok(Members::begin(self.0))
    }
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Members<'a>, NotCanonical> {
        Ok(if name == NUMBER { Members::number(self.0) } else { Members::begin(self.0) })
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, NotCanonical> {
        Err(NotCanonical::Serialize)
    }
}

/// With its feature `arbitrary_precision`, a number of `serde_json` comes as a
/// struct of this name, with its digits in one field.
const NUMBER: &str = "$serde_json::private::Number";

/// The items of an array.
pub(super) struct Items<'a> {
    out: &'a mut String,
    first: bool,
}

impl Items<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        if !std::mem::take(&mut self.first) {
            self.out.push(',');
        }
        value.serialize(Canonical(self.out))
    }

    fn close(self) -> Written {
        self.out.push(']');
        Ok(())
    }
}

impl SerializeSeq for Items<'_> {
    type Ok = ();
    type Error = NotCanonical;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.item(value)
    }
    fn end(self) -> Written {
        self.close()
    }
}

impl SerializeTuple for Items<'_> {
    type Ok = ();
    type Error = NotCanonical;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.item(value)
    }
    fn end(self) -> Written {
        self.close()
    }
}

impl SerializeTupleStruct for Items<'_> {
    type Ok = ();
    type Error = NotCanonical;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.item(value)
    }
    fn end(self) -> Written {
        self.close()
    }
}

/// The two-character escapes where there is one, `\u00xx` in lower case for
/// other control characters, and nothing else: as `serde_json` does.
fn write_string(text: &str, out: &mut String) -> Written {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::to_string(text).map_err(|_| NotCanonical::Serialize)?);
    }
    Ok(())
}
