//! The life of a request; the only place that knows all the steps.
