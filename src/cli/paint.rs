//! Colour, on a terminal only.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};
use clap::builder::Styles;

/// The label of an entity.
pub(super) const LABEL: Style = AnsiColor::Cyan.on_default();
/// A value of an entity.
pub(super) const VALUE: Style = AnsiColor::Yellow.on_default().bold();
/// A token in its place.
pub(super) const TOKEN: Style = AnsiColor::Green.on_default().bold();
/// A heading.
pub(super) const HEADING: Style = AnsiColor::Blue.on_default().bold();
/// Something went well.
pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Something is wrong.
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();

/// Paints, or does not.
#[derive(Clone, Copy)]
pub(super) struct Paint(bool);

impl Paint {
    /// Colours where standard output is a terminal and `NO_COLOR` is not set.
    pub(super) fn for_stdout() -> Paint {
        Paint(std::io::stdout().is_terminal() && !no_color())
    }

    /// The same for standard error.
    pub(super) fn for_stderr() -> Paint {
        Paint(std::io::stderr().is_terminal() && !no_color())
    }

    pub(super) fn with(self, style: Style, text: &str) -> String {
        if self.0 { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// The colours of the help texts.
pub(super) fn help_styles() -> Styles {
    Styles::styled().header(HEADING).usage(HEADING).literal(TOKEN).placeholder(LABEL)
}
