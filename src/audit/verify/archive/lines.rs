//! The lines of an archive's members, read through one buffer.

use std::io::{self, ErrorKind, Read};

use memchr::memchr;

/// A line is never longer: a body has at most 64 KiB, and a proof 64 hashes.
const LINE_BYTES_MAX: usize = 1 << 20;
const BUFFER_BYTES: usize = 1 << 18;

/// What was read and not taken yet.
pub(super) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Default for Buffer {
    fn default() -> Buffer {
        Buffer { bytes: vec![0; BUFFER_BYTES], start: 0, end: 0 }
    }
}

/// The lines of one member of `bytes` length.
pub(super) struct Lines<'a, R> {
    member: R,
    buffer: &'a mut Buffer,
    /// Bytes of the member that were not read yet.
    left: u64,
}

impl<'a, R: Read> Lines<'a, R> {
    pub(super) fn new(member: R, bytes: u64, buffer: &'a mut Buffer) -> Lines<'a, R> {
        (buffer.start, buffer.end) = (0, 0);
        Lines { member, buffer, left: bytes }
    }

    /// The next line without its end; `None` behind the last one.
    ///
    /// # Errors
    /// `UnexpectedEof` when the archive ends in the middle of the member,
    /// `InvalidData` when a line is longer than any that is written.
    pub(super) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        let mut searched = 0;
        loop {
            let (start, end) = (self.buffer.start, self.buffer.end);
            if let Some(at) = memchr(b'\n', &self.buffer.bytes[start + searched..end]) {
                let line_end = start + searched + at;
                self.buffer.start = line_end + 1;
                return Ok(Some(&self.buffer.bytes[start..line_end]));
            }
            searched = end - start;
            if self.left == 0 {
                self.buffer.start = end;
                return Ok((searched > 0).then(|| &self.buffer.bytes[start..end]));
            }
            if searched > LINE_BYTES_MAX {
                return Err(ErrorKind::InvalidData.into());
            }
            self.fill()?;
        }
    }

    /// Moves what is left to the front and reads on behind it.
    fn fill(&mut self) -> io::Result<()> {
        let Buffer { bytes, start, end } = &mut *self.buffer;
        bytes.copy_within(*start..*end, 0);
        (*start, *end) = (0, *end - *start);
        if *end == bytes.len() {
            bytes.resize(bytes.len() * 2, 0);
        }
        let read = loop {
            match self.member.read(&mut bytes[*end..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        if read == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        *end += read;
        self.left = self.left.saturating_sub(read as u64);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, bytes: usize) -> io::Result<Vec<String>> {
        let mut buffer = Buffer { bytes: vec![0; 4], start: 0, end: 0 };
        let mut lines = Lines::new(text.as_bytes(), bytes as u64, &mut buffer);
        let mut all = Vec::new();
        while let Some(line) = lines.next()? {
            all.push(String::from_utf8(line.to_vec()).unwrap());
        }
        Ok(all)
    }

    #[test]
    fn lines_are_whole_however_they_lie_in_the_buffer() {
        for text in ["", "\n", "a\nbc\n", "abcdefghij\n\nk\n", "no end"] {
            let expected: Vec<&str> = text.lines().collect();
            assert_eq!(lines(text, text.len()).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_member_that_ends_early_is_cut_off_and_no_short_line() {
        assert_eq!(lines("abc\nde", 7).unwrap_err().kind(), ErrorKind::UnexpectedEof);
        let long = "x".repeat(3 * LINE_BYTES_MAX);
        assert_eq!(lines(&long, long.len()).unwrap_err().kind(), ErrorKind::InvalidData);
    }
}
