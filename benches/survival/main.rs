//! How many tokens survive what models do to them (L08): for each bend the share
//! of tokens that become values again, over answers that are put together from
//! sentences; and what the embedded model makes of tokens that it is asked to copy,
//! translate, list and put into JSON. Ends with an error when a token became another
//! value or a text of the user's was changed.

#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints and may fail")]

mod answers;
mod conversation;
mod generated;
mod model;
mod surrogates;
#[path = "../../src/scrub/restore/tests/bends/table.rs"]
mod table;

use std::process::ExitCode;

use cordon::scrub::{Style as Written, TokenStyle};
use table::Bend;

/// How what stands for a value may be written.
const STYLES: &[Style] = &[
    Style { name: "token", make: TokenStyle::default, bends: table::BENDS, note: "keep everything in square brackets" },
    Style {
        name: "surrogate",
        make: || TokenStyle::default().in_style(Written::Surrogate),
        bends: surrogates::BENDS,
        note: "keep names, numbers and addresses as they are",
    },
];

/// So many wrong restorations are shown.
const SHOWN_MAX: usize = 20;

/// A way of writing tokens.
pub struct Style {
    pub name: &'static str,
    pub make: fn() -> TokenStyle,
    /// What models do to it.
    pub bends: &'static [Bend],
    /// What a model that translates is asked besides.
    pub note: &'static str,
}

fn main() -> ExitCode {
    let mut wrong = generated::run(STYLES);
    wrong.extend(model::run(STYLES));
    for restoration in wrong.iter().take(SHOWN_MAX) {
        println!("wrong: {restoration}");
    }
    println!("\nwrong restorations: {}", wrong.len());
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
