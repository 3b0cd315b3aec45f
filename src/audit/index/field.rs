//! What records can be asked for by.

/// A field of a question. Its name is that of the HTTP parameter, of the option of
/// the command line, and of what the record of the question says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Field {
    /// The event's name, e.g. `accepted`.
    Kind,
    /// How a request ended, e.g. `completed`, or `refused`.
    Outcome,
    /// An error's code, e.g. `policy_blocked`.
    Code,
    /// The day of the event in UTC, `2026-01-31`.
    Day,
    /// The public part of the key that asked, was made, was revoked.
    Key,
    /// Of an entity that was found.
    Label,
    /// What was done with an entity that was found.
    Action,
    /// Who runs the model that a request went to, or was to go to.
    Provider,
    /// Where that model stands.
    Region,
    /// The model asked for, or the one asked.
    Model,
    /// The policy's name.
    Policy,
    /// The SHA-256 of the policy's file: its version.
    PolicyHash,
    /// The purpose that the key or the policy names.
    Purpose,
    /// The path, e.g. `/v1/chat/completions`.
    Route,
    /// The keyed digest of what names the conversation.
    Conversation,
    /// The record that this one ends, or the request that it goes on from.
    Parent,
    /// The request's id.
    Request,
    /// The record's id.
    Record,
}

impl Field {
    /// By what a count of requests can be divided.
    pub const GROUPS: &'static [Field] = &[
        Field::Label,
        Field::Action,
        Field::Provider,
        Field::Region,
        Field::Day,
        Field::Outcome,
        Field::Code,
        Field::Policy,
        Field::PolicyHash,
        Field::Model,
        Field::Key,
        Field::Purpose,
        Field::Route,
    ];

    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            Field::Kind => "kind",
            Field::Outcome => "outcome",
            Field::Code => "code",
            Field::Day => "day",
            Field::Key => "key",
            Field::Label => "label",
            Field::Action => "action",
            Field::Provider => "provider",
            Field::Region => "region",
            Field::Model => "model",
            Field::Policy => "policy",
            Field::PolicyHash => "policy_hash",
            Field::Purpose => "purpose",
            Field::Route => "route",
            Field::Conversation => "conversation",
            Field::Parent => "parent",
            Field::Request => "request",
            Field::Record => "record",
        }
    }

    /// The one of [`Field::GROUPS`] called `name`.
    pub fn parse_group(name: &str) -> Option<Field> {
        Field::GROUPS.iter().copied().find(|field| field.name() == name)
    }

    /// The names of [`Field::GROUPS`], for people.
    pub fn group_names() -> String {
        Field::GROUPS.iter().map(|field| field.name()).collect::<Vec<_>>().join(", ")
    }

    /// The term of `value`.
    pub(super) fn term(self, value: &str) -> String {
        format!("{}:{value}", self.name())
    }

    /// Whether nearly every value is of a few records only. Those are kept as
    /// hashes, not as a bitmap each.
    pub(super) fn is_id(self) -> bool {
        matches!(self, Field::Conversation | Field::Parent)
    }

    /// Whether the table of records has an index of its own for the field.
    pub(super) fn is_column(self) -> bool {
        matches!(self, Field::Request | Field::Record)
    }
}
