//! Talking to one target; takes only what the scrubber made.
