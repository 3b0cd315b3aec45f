//! The stretches of a text in which an entry's patterns are tried.

/// Collects stretches per entry and joins those that touch, so that no byte is
/// searched twice for one entry.
pub(super) struct Windows {
    /// Per entry the stretch that may still grow; empty when `end` is 0.
    open: Vec<(usize, usize)>,
    touched: Vec<u16>,
    closed: Vec<Window>,
}

/// A stretch of text to search for one entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Window {
    pub(super) entry: u16,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Windows {
    pub(super) fn new(entries: usize) -> Windows {
        Windows { open: vec![(0, 0); entries], touched: Vec::new(), closed: Vec::new() }
    }

    /// Adds a stretch; stretches of one entry come by rising `end`.
    pub(super) fn add(&mut self, entry: u16, start: usize, end: usize) {
        let open = &mut self.open[usize::from(entry)];
        if open.1 == 0 {
            self.touched.push(entry);
            *open = (start, end);
        } else if start <= open.1 {
            *open = (open.0.min(start), open.1.max(end));
        } else {
            self.closed.push(Window { entry, start: open.0, end: open.1 });
            *open = (start, end);
        }
    }

    pub(super) fn finish(mut self) -> Vec<Window> {
        for entry in self.touched {
            let (start, end) = self.open[usize::from(entry)];
            self.closed.push(Window { entry, start, end });
        }
        self.closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_that_touch_are_searched_once() {
        let mut windows = Windows::new(2);
        windows.add(0, 10, 20);
        windows.add(0, 15, 30);
        windows.add(1, 0, 5);
        windows.add(0, 40, 50);
        let window = |entry, start, end| Window { entry, start, end };
        assert_eq!(windows.finish(), vec![window(0, 10, 30), window(0, 40, 50), window(1, 0, 5)]);
    }
}
