use super::{pieces, with_seed};
use crate::dialect::{Frame, SseSplitter};

/// Whatever the cuts, the events are the same, and together they are the bytes.
pub fn splitter_holds(data: &[u8]) {
    let (bytes, seed) = with_seed(data);
    let whole = frames(std::iter::once(bytes));
    assert_eq!(frames(pieces(bytes, seed)), whole);
    assert_eq!(whole.iter().flat_map(|frame| frame.raw.clone()).collect::<Vec<_>>(), bytes);
}

fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Frame> {
    let mut splitter = SseSplitter::default();
    let mut frames = Vec::new();
    for piece in pieces {
        if splitter.push(piece).is_err() {
            return frames;
        }
        frames.extend(std::iter::from_fn(|| splitter.next_frame()));
    }
    frames.extend(splitter.finish());
    frames
}
