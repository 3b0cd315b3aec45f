//! Just enough of the Protocol Buffers wire format to change parts of a
//! message and keep the rest byte for byte.
//! <https://protobuf.dev/programming-guides/encoding/>

/// A field of a message.
pub(super) struct Field<'a> {
    pub(super) number: u32,
    /// The field with its tag, as it stands in the message.
    pub(super) whole: &'a [u8],
    /// The content of a string, byte string or message; else empty.
    pub(super) bytes: &'a [u8],
    /// The content of a varint; else 0.
    pub(super) int: u64,
}

/// The fields of a message, none where it is malformed.
pub(super) fn fields(mut message: &[u8]) -> Option<Vec<Field<'_>>> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let from = message;
        let tag = take_varint(&mut message)?;
        let (mut bytes, mut int) = (&message[..0], 0);
        match tag & 7 {
            0 => int = take_varint(&mut message)?,
            1 => message = message.get(8..)?,
            2 => {
                let len = usize::try_from(take_varint(&mut message)?).ok()?;
                (bytes, message) = message.split_at_checked(len)?;
            }
            5 => message = message.get(4..)?,
            _ => return None,
        }
        let whole = &from[..from.len() - message.len()];
        fields.push(Field { number: u32::try_from(tag >> 3).ok()?, whole, bytes, int });
    }
    Some(fields)
}

pub(super) fn put_bytes(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    put_varint(out, u64::from(number) << 3 | 2);
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

pub(super) fn put_int(out: &mut Vec<u8>, number: u32, value: u64) {
    put_varint(out, u64::from(number) << 3);
    put_varint(out, value);
}

fn take_varint(message: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = message.split_first()?;
        *message = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_back_and_kept_byte_for_byte() {
        let mut message = Vec::new();
        put_int(&mut message, 3, u64::MAX);
        put_bytes(&mut message, 300, b"content");
        message.extend_from_slice(&[0x25, 1, 2, 3, 4]);
        let read = fields(&message).unwrap();
        assert_eq!((read[0].number, read[0].int), (3, u64::MAX));
        assert_eq!((read[1].number, read[1].bytes), (300, &b"content"[..]));
        assert_eq!(read.iter().flat_map(|field| field.whole).copied().collect::<Vec<_>>(), message);
    }

    #[test]
    fn a_message_that_is_cut_short_is_malformed() {
        let mut message = Vec::new();
        put_bytes(&mut message, 1, b"content");
        for len in 1..message.len() {
            assert!(fields(&message[..len]).is_none(), "{len}");
        }
    }
}
