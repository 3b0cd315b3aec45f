//! Choosing a target for a model name.
