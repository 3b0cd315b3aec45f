//! Taking an object apart so that no field is forgotten.

use serde_json::{Map, Value};

use super::RequestError;

/// The fields of an object of a request. A translation takes what it maps and names what it leaves out;
/// [`Fields::end`] refuses whatever is left, so a field that nobody decided on is an error.
pub struct Fields {
    /// Where the object stands, such as `messages[].tool_calls[]`; empty at the top.
    path: &'static str,
    /// The top-level field it belongs to; `None` at the top.
    param: Option<&'static str>,
    fields: Map<String, Value>,
}

impl Fields {
    /// The fields of `value`, which stands at `path` below the top-level field `param`.
    ///
    /// # Errors
    /// When it is not an object.
    pub fn of(value: Value, path: &'static str, param: Option<&'static str>) -> Result<Fields, RequestError> {
        match value {
            Value::Object(fields) => Ok(Fields { path, param, fields }),
            _ => Err(RequestError { message: format!("{path} must be an object"), param }),
        }
    }

    /// The field's value, unless it is missing or null.
    pub fn take(&mut self, field: &str) -> Option<Value> {
        self.fields.remove(field).filter(|value| !value.is_null())
    }

    /// The field's text, unless it is missing or null.
    ///
    /// # Errors
    /// When it is not a string.
    pub fn text(&mut self, field: &'static str) -> Result<Option<String>, RequestError> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.error(field, "must be a string")),
        }
    }

    /// The field's text.
    ///
    /// # Errors
    /// When it is missing or not a string.
    pub fn required_text(&mut self, field: &'static str) -> Result<String, RequestError> {
        self.text(field)?.ok_or_else(|| self.error(field, "is missing"))
    }

    /// The field's elements, none when it is missing or null.
    ///
    /// # Errors
    /// When it is not an array.
    pub fn list(&mut self, field: &'static str) -> Result<Vec<Value>, RequestError> {
        match self.take(field) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(self.error(field, "must be an array")),
        }
    }

    /// Moves `fields` to `target`, whose API has them by the same names.
    pub fn keep(&mut self, fields: &[&str], target: &mut Map<String, Value>) {
        for field in fields {
            if let Some(value) = self.take(field) {
                target.insert((*field).to_owned(), value);
            }
        }
    }

    /// Passes over fields that change nothing in what the target would answer.
    pub fn leave_out(&mut self, fields: &[&str]) {
        for field in fields {
            self.fields.remove(*field);
        }
    }

    /// Passes over a field that has the value `default`, which is what the target does anyway.
    pub fn leave_out_if(&mut self, field: &str, default: impl Fn(&Value) -> bool) {
        if self.fields.get(field).is_some_and(default) {
            self.fields.remove(field);
        }
    }

    /// An error about one of the fields: its path, and `complaint`.
    pub fn error(&self, field: &'static str, complaint: &str) -> RequestError {
        RequestError { param: self.param.or(Some(field)), ..self.complain(field, complaint) }
    }

    /// Refuses what is left and says anything.
    ///
    /// # Errors
    /// Names the field: the target has no place for it.
    pub fn end(self) -> Result<(), RequestError> {
        match self.fields.iter().find(|(_, value)| !says_nothing(value)) {
            None => Ok(()),
            Some((field, _)) if is_identifier(field) => Err(self.complain(field, NO_PLACE)),
            // The field's name may be a value.
            Some(_) => Err(self.complain("[a field that no API defines]", NO_PLACE)),
        }
    }

    fn complain(&self, field: &str, complaint: &str) -> RequestError {
        let dot = if self.path.is_empty() { "" } else { "." };
        RequestError { message: format!("{}{dot}{field} {complaint}", self.path), param: self.param }
    }
}

/// Why a field is refused that no translation takes.
const NO_PLACE: &str = "cannot be put to this model's provider as given here: its API has no counterpart; leave it out";

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn is_identifier(field: &str) -> bool {
    (1..=64).contains(&field.len()) && field.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_that_nobody_decided_on_is_refused_by_its_path() {
        let tool = json!({"type": "function", "cache": null, "defaults": {}, "new_field": 1});
        let mut fields = Fields::of(tool, "tools[]", Some("tools")).unwrap();
        assert_eq!(fields.required_text("type").unwrap(), "function");
        let error = fields.end().unwrap_err();
        assert!(error.message.starts_with("tools[].new_field "), "{}", error.message);
        assert_eq!(error.param, Some("tools"));
    }

    #[test]
    fn a_key_that_may_be_a_value_is_not_repeated() {
        let fields = Fields::of(json!({"Maria Gonzalez": 1}), "", None).unwrap();
        assert!(!fields.end().unwrap_err().message.contains("Maria"));
    }
}
