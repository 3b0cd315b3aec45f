//! What a provider signs in a stream: whole in one event, or piece by piece with the
//! signature behind it.

use serde_json::{Map, Value};

use super::super::answer::Answer;
use super::super::rules::{Kind, ObjectRules, Tree};
use super::super::signed;
use super::AnswerStream;
use super::lane::LaneKey;

impl AnswerStream {
    /// Seals what is signed in an object of an event. Says whether that was all
    /// there is to do in it.
    pub(super) fn signed_object(
        &mut self,
        fields: &mut Map<String, Value>,
        tree: &Tree,
        rules: ObjectRules<'_>,
        key: &LaneKey,
        out: &mut Vec<u8>,
    ) -> bool {
        if self.seals.is_none() {
            return false;
        }
        match rules.kind() {
            Some(Kind::Delta) => self.go_on(fields, rules, key, out),
            _ if signed::signature_in(fields, rules).is_some() => {
                let Some(seals) = &self.seals else { return false };
                let (dialect, structured_output) = (self.dialect, self.structured_output);
                let answer = Answer { dialect, restorer: &self.restorer, structured_output, seals: Some(seals) };
                answer.object(fields, tree);
                self.changed = true;
                return true;
            }
            Some(Kind::Begun) if rules.signatures().next().is_some() => {
                self.signed.insert(key.part.clone(), fields.clone());
            }
            _ => {}
        }
        false
    }

    /// Adds a delta to the object that it continues. Its signature is complete with
    /// it: what was held back of the object goes out in front.
    fn go_on(&mut self, fields: &mut Map<String, Value>, rules: ObjectRules<'_>, key: &LaneKey, out: &mut Vec<u8>) {
        let Some(whole) = self.signed.get_mut(&key.part) else { return };
        for (name, piece) in fields.iter() {
            let says_what_it_is = matches!(rules.field(name).and_then(|rule| rule.kind), Some(Kind::Structure));
            match (whole.get_mut(name), piece) {
                _ if says_what_it_is || piece.is_null() => {}
                (Some(Value::String(text)), Value::String(piece)) => text.push_str(piece),
                _ => drop(whole.insert(name.clone(), piece.clone())),
            }
        }
        let (Some(name), Some(seals)) = (signed::signature_in(fields, rules), &self.seals) else { return };
        if let Some(seal) = signed::seal_of(whole, seals) {
            fields.insert(name.to_owned(), seal.into());
            self.changed = true;
        }
        self.flush(&LaneKey { part: key.part.clone(), path: Vec::new() }, out);
    }
}
