//! Which records.

use uuid::Uuid;

use super::time;
use crate::audit::chain::Seq;
use crate::audit::index::{Field, Sought};
use crate::detect::Label;
use crate::policy::Action;
use crate::tenant::TenantId;
use crate::tenant::keys::KeyId;

/// Longer values are in no record.
const VALUE_BYTES_MAX: usize = 512;

/// Which records. Every condition must hold.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Whose.
    pub tenant: TenantId,
    /// Not before this time (microseconds since 1970).
    pub since_us: Option<i64>,
    /// Before this time (microseconds since 1970).
    pub until_us: Option<i64>,
    /// Of this request.
    pub request: Option<Uuid>,
    /// Which of them.
    pub page: Page,
    /// At most so many, and at most [`super::LIMIT_MAX`].
    pub limit: u32,
    /// As if the chain ended at this place.
    pub as_of: Option<Seq>,
    /// What [`Filter::set`] has set.
    pub fields: Vec<(Field, String)>,
    /// A value that fits any id: of the request, the record, the conversation, the
    /// key or what it follows from.
    pub id: Option<String>,
}

/// Which of the records that fit a filter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Page {
    /// The first ones after this place; [`Seq::NONE`] begins at the beginning.
    After(Seq),
    /// The last ones before this place.
    Before(Seq),
    /// The last ones.
    Latest,
}

/// A value that a parameter does not take. The message says what it takes and does
/// not repeat the value.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct BadValue {
    /// The parameter; empty when there is none of the name.
    pub name: &'static str,
    /// What it takes, in a sentence.
    pub message: String,
}

impl Filter {
    /// The parameters that choose records, by their names in HTTP, on the command
    /// line and in the record of a read.
    pub const PARAMETERS: &'static [&'static str] = &[
        "since",
        "until",
        Field::Key.name(),
        Field::Conversation.name(),
        Field::Label.name(),
        Field::Action.name(),
        Field::Provider.name(),
        Field::Region.name(),
        Field::Outcome.name(),
        Field::Kind.name(),
        Field::Code.name(),
        Field::Policy.name(),
        Field::PolicyHash.name(),
        Field::Model.name(),
        Field::Route.name(),
        Field::Purpose.name(),
        Field::Request.name(),
        Field::Record.name(),
        Field::Parent.name(),
        "id",
    ];

    /// All records of `tenant`, the latest hundred.
    pub fn of(tenant: TenantId) -> Filter {
        let (since_us, until_us, request, as_of, id) = (None, None, None, None, None);
        Filter { tenant, since_us, until_us, request, page: Page::Latest, limit: 100, as_of, fields: Vec::new(), id }
    }

    /// Adds the condition that the parameter `name` is `value`.
    ///
    /// # Errors
    /// When the parameter does not take such a value, with what it takes.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), BadValue> {
        let Some(name) = Filter::PARAMETERS.iter().copied().find(|known| *known == name) else {
            let message = format!("there is no such filter; there are {}", Filter::PARAMETERS.join(", "));
            return Err(BadValue { name: "", message });
        };
        let bad = |allowed: &str| BadValue { name, message: format!("{name} takes {allowed}") };
        match name {
            "since" => self.since_us = Some(time::parse(value).map_err(|_| bad(time::ALLOWED))?),
            "until" => self.until_us = Some(time::parse(value).map_err(|_| bad(time::ALLOWED))?),
            "id" => self.id = Some(plain(value).ok_or_else(|| bad(ALLOWED_NAME))?),
            "request" => self.request = Some(value.parse().map_err(|_| bad(ALLOWED_UUID))?),
            _ => {
                let field = FIELDS.iter().copied().find(|field| field.name() == name).unwrap_or(Field::Kind);
                self.fields.push((field, checked(field, value).map_err(|allowed| bad(&allowed))?));
            }
        }
        match (self.since_us, self.until_us) {
            (Some(since), Some(until)) if until <= since => {
                Err(BadValue { name, message: "until is not later than since: nothing can be between them".into() })
            }
            _ => Ok(()),
        }
    }

    /// The value that was set for `field`.
    pub(super) fn value(&self, field: Field) -> Option<&str> {
        self.fields.iter().find(|(set, _)| *set == field).map(|(_, value)| value.as_str())
    }

    /// What a record must fit one by one: of each of these at least one.
    pub(super) fn needs(&self) -> Vec<Vec<Sought>> {
        let is = |field: Field, value: &str| Sought::Is(field, value.to_owned());
        let mut needs = Vec::new();
        let pair = (self.value(Field::Label), self.value(Field::Action));
        if let (Some(label), Some(action)) = pair {
            needs.push(vec![Sought::Pair { label: label.to_owned(), action: action.to_owned() }]);
        }
        let paired = |field| matches!(pair, (Some(_), Some(_))) && matches!(field, Field::Label | Field::Action);
        for (field, value) in self.fields.iter().filter(|(field, _)| !paired(*field)) {
            needs.push(match field {
                // A word for what became of a request may be the kind of its record.
                Field::Outcome => vec![is(Field::Outcome, value), is(Field::Kind, value)],
                field => vec![is(*field, value)],
            });
        }
        if let Some(request) = self.request {
            needs.push(vec![is(Field::Request, &request.to_string())]);
        }
        if let Some(id) = &self.id {
            needs.push(ID_FIELDS.iter().map(|field| is(*field, id)).collect());
        }
        needs
    }
}

/// What `id` may be.
const ID_FIELDS: [Field; 5] = [Field::Request, Field::Record, Field::Conversation, Field::Key, Field::Parent];

const FIELDS: &[Field] = &[
    Field::Kind,
    Field::Outcome,
    Field::Code,
    Field::Key,
    Field::Label,
    Field::Action,
    Field::Provider,
    Field::Region,
    Field::Model,
    Field::Policy,
    Field::PolicyHash,
    Field::Purpose,
    Field::Route,
    Field::Conversation,
    Field::Parent,
    Field::Record,
];

const ALLOWED_UUID: &str = "a UUID, such as 0190a0a0-0000-7000-8000-000000000001";
const ALLOWED_NAME: &str = "a name of 1 to 512 bytes without control characters";

/// The value as records have it, or what is allowed.
fn checked(field: Field, value: &str) -> Result<String, String> {
    let owned = |fits: bool, allowed: &str| if fits { Ok(value.to_owned()) } else { Err(allowed.to_owned()) };
    let is_word = |c: char| c.is_ascii_lowercase() || c == '_';
    match field {
        Field::Record | Field::Parent => {
            value.parse::<Uuid>().map(|id| id.to_string()).map_err(|_| ALLOWED_UUID.to_owned())
        }
        Field::Key => owned(KeyId::parse(value).is_some(), "a key's id: 16 characters of 0-9 and a-v"),
        Field::Label => owned(
            Label::is_name(value),
            "a label of the catalogue (see `cordon policy schema`), such as PERSON, or CUSTOM:<name>",
        ),
        Field::Action => owned(Action::parse(value).is_some(), "allow, redact, mask, local_only or block"),
        Field::Conversation | Field::PolicyHash => {
            let is_hex = value.len() == 64 && value.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            owned(is_hex, "64 hexadecimal digits in lower case, as a record has them")
        }
        Field::Kind | Field::Outcome | Field::Code => owned(
            (1..=64).contains(&value.len()) && value.chars().all(is_word),
            "a word of a-z and _, as a record has it",
        ),
        _ => plain(value).ok_or_else(|| ALLOWED_NAME.to_owned()),
    }
}

fn plain(value: &str) -> Option<String> {
    let fits = (1..=VALUE_BYTES_MAX).contains(&value.len()) && !value.chars().any(char::is_control);
    fits.then(|| value.to_owned())
}
