//! What a policy says about finding: labels, thresholds, languages.

use std::collections::{BTreeMap, BTreeSet};

use super::{Compiler, Layer};
use crate::config::{Document, KeyPath, did_you_mean};
use crate::detect::Label;
use crate::policy::Action;
use crate::policy::raw::RawDetect;

/// ISO 639-1, all of it: which of them have context words is the catalogue's affair.
const LANGUAGES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy \
    da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii \
    ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr \
    ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl \
    sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

impl Compiler {
    pub(super) fn languages(&mut self, layers: &[Layer]) -> Vec<String> {
        let Some((document, languages)) =
            layers.iter().rev().find_map(|layer| Some((&layer.document, layer.raw.languages.as_ref()?)))
        else {
            return Vec::new();
        };
        for (index, language) in languages.iter().enumerate() {
            if !LANGUAGES.split(' ').any(|known| known == language) {
                let at = KeyPath::new("languages").index(index);
                self.problems.push(document.error(&at, "must be a two-letter code of ISO 639-1 such as \"en\""));
            }
        }
        languages.clone()
    }

    pub(super) fn label(&mut self, document: &Document, at: &KeyPath, name: &str) -> Option<Label> {
        Label::parse(name)
            .map_err(|_| {
                let hint = did_you_mean(name, Label::CATALOGUE.iter().map(|label| label.as_str()));
                let known = "labels are those of the catalogue (see `cordon policy schema`) or CUSTOM:<NAME>";
                self.problems.push(document.error(at, format_args!("there is no label \"{name}\"{hint} ({known})")));
            })
            .ok()
    }

    pub(super) fn add_actions(&mut self, layer: &Layer, actions: &mut BTreeMap<Label, Action>) {
        for (name, action) in &layer.raw.actions {
            let at = KeyPath::new("actions").key(name);
            if let Some(label) = self.label(&layer.document, &at, name) {
                actions.insert(label, *action);
            }
        }
    }

    pub(super) fn switch_labels(&mut self, layer: &Layer, enabled: &mut BTreeSet<Label>) {
        let RawDetect { on, off, .. } = &layer.raw.detect;
        for (index, name) in on.iter().enumerate() {
            let at = KeyPath::new("detect").key("on").index(index);
            if off.contains(name) {
                self.problems.push(layer.document.error(&at, format_args!("\"{name}\" is switched both on and off")));
            }
            enabled.extend(self.label(&layer.document, &at, name));
        }
        for (index, name) in off.iter().enumerate() {
            let at = KeyPath::new("detect").key("off").index(index);
            if let Some(label) = self.label(&layer.document, &at, name) {
                enabled.remove(&label);
            }
            if layer.raw.actions.contains_key(name) {
                let message = format_args!(
                    "\"{name}\" is switched off here but has an action under [actions]; remove one of the two"
                );
                self.problems.push(layer.document.error(&at, message));
            }
        }
    }

    pub(super) fn add_thresholds(
        &mut self,
        document: &Document,
        detect: &RawDetect,
        thresholds: &mut BTreeMap<Label, f32>,
    ) {
        for (name, threshold) in &detect.thresholds {
            let at = KeyPath::new("detect").key("thresholds").key(name);
            if !(0.0..=1.0).contains(threshold) {
                self.problems.push(document.error(&at, "must be from 0 to 1"));
            }
            if let Some(label) = self.label(document, &at, name) {
                thresholds.insert(label, *threshold);
            }
        }
    }
}
