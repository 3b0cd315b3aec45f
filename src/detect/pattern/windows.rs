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

    /// Adds a stretch; those of one entry that come in the order of the text
    /// join at once.
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

    /// The stretches, by entry and in the order of the text.
    pub(super) fn finish(mut self) -> Vec<Window> {
        for entry in self.touched {
            let (start, end) = self.open[usize::from(entry)];
            self.closed.push(Window { entry, start, end });
        }
        self.closed.sort_unstable_by_key(|window| (window.entry, window.start));
        self.closed.dedup_by(|next, window| {
            let touches = next.entry == window.entry && next.start <= window.end;
            if touches {
                window.end = window.end.max(next.end);
            }
            touches
        });
        self.closed
    }
}

/// Stretches of a text, no matter of which entry.
#[derive(Default)]
pub(super) struct Regions(Vec<(usize, usize)>);

impl Regions {
    /// Adds a stretch; it joins the last one where it touches it.
    pub(super) fn add(&mut self, start: usize, end: usize) {
        match self.0.last_mut() {
            Some(last) if last.0 <= start && start <= last.1 => last.1 = last.1.max(end),
            _ => self.0.push((start, end)),
        }
    }

    /// The stretches in order, those that touch joined.
    pub(super) fn joined(mut self) -> Vec<(usize, usize)> {
        self.0.sort_unstable();
        let mut joined = Regions::default();
        self.0.into_iter().for_each(|(start, end)| joined.add(start, end));
        joined.0
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

    #[test]
    fn stretches_join_in_whatever_order_they_come() {
        let mut windows = Windows::new(1);
        let mut regions = Regions::default();
        for (start, end) in [(40, 50), (0, 8), (8, 20), (45, 60), (15, 41)] {
            windows.add(0, start, end);
            regions.add(start, end);
        }
        assert_eq!(windows.finish(), vec![Window { entry: 0, start: 0, end: 60 }]);
        assert_eq!(regions.joined(), vec![(0, 60)]);
    }
}
