//! One request on its way through the steps of a translation, and its answer on the way back.

use serde_json::Value;

use super::{Asked, EventTranslator, RequestError, Translation};
use crate::scrub::Sanitized;

/// Stands between a caller and a target. Without steps it changes nothing.
#[derive(Default)]
pub struct Interpreter {
    /// The steps as the request took them, and what each was asked.
    steps: Vec<(&'static Translation, Asked)>,
}

impl Interpreter {
    /// Puts a sanitized request to the target.
    ///
    /// # Errors
    /// When it asks for what the target's API has no place for.
    pub fn request(
        steps: &[&'static Translation],
        body: Sanitized<Value>,
    ) -> Result<(Sanitized<Value>, Interpreter), RequestError> {
        Interpreter::go(steps, body, Sanitized::get, Sanitized::try_map)
    }

    /// Puts a request with its real values to a target inside the perimeter.
    ///
    /// # Errors
    /// As [`Interpreter::request`].
    pub fn raw_request(steps: &[&'static Translation], body: Value) -> Result<(Value, Interpreter), RequestError> {
        Interpreter::go(steps, body, |body| body, |body, step| step(body))
    }

    fn go<B>(
        steps: &[&'static Translation],
        body: B,
        look: fn(&B) -> &Value,
        take: fn(B, Step) -> Result<B, RequestError>,
    ) -> Result<(B, Interpreter), RequestError> {
        let mut interpreter = Interpreter::default();
        let mut body = body;
        for step in steps {
            interpreter.steps.push((step, Asked::of(look(&body))));
            body = take(body, step.request)?;
        }
        Ok((body, interpreter))
    }

    /// The target's whole answer as the caller expects it; `None` when it is none of the target's API.
    pub fn answer(&self, answer: Value) -> Option<Value> {
        self.steps.iter().rev().try_fold(answer, |answer, (step, asked)| (step.answer)(answer, asked))
    }

    /// The body of the target's error with this HTTP status as an error of the caller's API.
    pub fn error(&self, error: Value, status: u16) -> Value {
        self.steps.iter().rev().fold(error, |error, (step, _)| (step.error)(error, status))
    }

    /// What translates the target's stream; `None` where it is the caller's as it comes.
    pub fn events(&self) -> Option<EventTranslator> {
        let steps = self.steps.iter().rev().map(|(step, asked)| (step.events)(asked));
        (!self.steps.is_empty()).then(|| EventTranslator::new(steps.collect()))
    }
}

type Step = fn(Value) -> Result<Value, RequestError>;
