//! The hash-chained record of what happened.
