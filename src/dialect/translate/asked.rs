//! What of a request its answer depends on.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

/// Fields that hold the conversation: no answer repeats them.
const CONVERSATION: [&str; 4] = ["messages", "input", "prompt", "system"];

/// A request without its conversation, and when it was made.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The other fields of the request.
    pub settings: Map<String, Value>,
    /// Seconds since 1970.
    pub created: u64,
}

impl Asked {
    /// What an answer to `request`, which is made now, depends on.
    pub fn of(request: &Value) -> Asked {
        let fields = request.as_object().into_iter().flatten();
        let settings = fields.filter(|(field, _)| !CONVERSATION.contains(&field.as_str()));
        Asked {
            settings: settings.map(|(field, value)| (field.clone(), value.clone())).collect(),
            created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        }
    }

    /// The model, by the name in the request.
    pub fn model(&self) -> &str {
        self.settings.get("model").and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether a stream of OpenAI's is to end with its usage.
    pub fn include_usage(&self) -> bool {
        let options = self.settings.get("stream_options");
        options.and_then(|options| options.get("include_usage")) == Some(&Value::Bool(true))
    }
}
