//! Per API: which strings are text and which are structure.
