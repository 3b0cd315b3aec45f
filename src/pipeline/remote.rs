//! The way of a request that leaves: sanitized, recorded, sent, restored.

use std::time::Instant;

use serde_json::Value;

use super::answering::Answering;
use super::chain::Chain;
use super::record::Recorder;
use super::reply::Reply;
use super::scan::{Findings, replacements};
use super::{Call, Pipeline, Refusal};
use crate::audit::KeyedDigest;
use crate::config::Target;
use crate::dialect::translate::{Interpreter, Way, towards};
use crate::dialect::{Origin, Request, RequestError};
use crate::policy::Policy;
use crate::scrub::{Replacement, Sanitized, ScopeKey, Style, TokenMap, sanitize, sanitize_text};
use crate::telemetry::{self, Stage};
use crate::upstream::UpstreamRequest;
use crate::vault::Kept;

/// Told to the remote model when the policy says so. It shows no token of its
/// own: small models copy what they are shown.
const TOKEN_NOTE: &str = "Words in square brackets stand for names and other values that are hidden here. \
     Wherever you mention such a value, copy its brackets and what is in them exactly.";

/// The same where values have surrogates: it must not say that they are.
const SURROGATE_NOTE: &str = "Write every name, number and address of this conversation exactly as it stands there: \
     do not translate, reformat or abbreviate it.";

/// How a request is to be sent.
pub(super) struct Sending<'a> {
    pub(super) call: &'a Call,
    pub(super) policy: &'a Policy,
    pub(super) target: Target,
    /// Whether the local model's draft goes along.
    pub(super) draft: bool,
    /// How it stands to what providers keep.
    pub(super) chain: Option<Chain>,
}

/// What is ready to leave, and what brings its answer back.
struct Outgoing {
    body: Sanitized<Value>,
    interpreter: Interpreter,
    map: TokenMap,
}

impl Pipeline {
    pub(super) async fn answer_remotely(
        &self,
        mut sending: Sending<'_>,
        mut request: Request,
        findings: Findings,
        recorder: &mut Recorder,
    ) -> Result<Reply, Refusal> {
        let (call, target) = (sending.call, sending.target.clone());
        let way = towards(call.dialect, |dialect| target.provider.speaks(dialect)).ok_or_else(no_way)?;
        request.set_model(&target.model);
        let raw = sending.draft.then(|| request.raw_unsigned());
        let (stream, structured_output) = (request.wants_stream(), request.wants_structured_output());
        let outgoing = self.sanitized(&mut sending, &way, request, &findings, recorder.conversation())?;
        let Outgoing { mut body, interpreter, mut map } = outgoing;
        let digest = raw.is_none().then(|| recorder.digest_json(body.get()));
        // Only a provider that is asked in the caller's own API keeps an answer.
        let chain = sending.chain.filter(|_| way.steps.is_empty() && !target.provider.is_embedded());
        let kept = Kept::of(&target.provider.name, &target.model, structured_output);
        let keeping = self.keep_tokens(call, chain, &map, recorder.conversation(), kept).await?;
        let mut ending = recorder.accept(Some(&target), digest).await?;
        if let Some(raw) = raw {
            let draft = self.draft(call.dialect, raw, sending.policy, &mut map, &mut ending).await;
            if let (Some(draft), Some(add_remark)) = (draft, way.to.add_remark) {
                body = body.zip(draft).map(add_remark);
            }
            ending.sanitized(recorder.digest_json(body.get()));
        }
        let asked = Instant::now();
        let restorer = map.restorer();
        let (dialect, seals) = (call.dialect, self.seals(&call.key.tenant));
        let answering =
            Answering { dialect, interpreter, restorer, seals, structured_output, stream, asked, keeping, ending };
        let reply = if target.provider.is_embedded() {
            // In a provider's place it gets what a provider would.
            self.ask_embedded(body.get(), answering).await
        } else {
            let endpoint = way.to.endpoint;
            let question = UpstreamRequest { endpoint, body, stream, betas: call.betas.clone() };
            let sent = self.upstream.send(&target, question).await;
            if !stream {
                telemetry::stage(Stage::UpstreamFirstByte, asked.elapsed());
            }
            answering.receive(sent).await
        };
        Ok(Reply { entities: findings.summary(), ..reply? })
    }

    /// The request with tokens in the place of values, in the target's API.
    fn sanitized(
        &self,
        sending: &mut Sending<'_>,
        way: &Way,
        request: Request,
        findings: &Findings,
        conversation: &KeyedDigest,
    ) -> Result<Outgoing, Refusal> {
        let Sending { call, policy, chain, .. } = sending;
        let started = Instant::now();
        let mut map = self.token_map(call, policy, &request, conversation);
        let withhold = chain.as_ref().and_then(Chain::withhold);
        if let Some(chain) = chain {
            chain.hand_over(policy, &mut map);
        }
        let found: Vec<Vec<Replacement>> = findings.spans.iter().map(|spans| replacements(spans, policy)).collect();
        // The lists come from this request's own slots, so there are as many.
        let body = sanitize(request, &found, &mut map).map_err(|_| Refusal::DetectorUnavailable)?;
        if map.meets_adopted_literal() {
            return Err(Refusal::Literal);
        }
        let body = withhold.into_iter().fold(body, Sanitized::map);
        let (mut body, interpreter) = Interpreter::request(way.steps, body)?;
        if let Some(add_instruction) = way.to.add_instruction
            && policy.explain_tokens
            && let Some(note) = note(&map)
        {
            let note = sanitize_text(&note, &[], &mut map);
            body = body.zip(note).map(add_instruction);
        }
        telemetry::stage(Stage::Scrub, started.elapsed());
        Ok(Outgoing { body, interpreter, map })
    }

    /// The request's tokens, apart from whatever its texts hold already, and the
    /// hosts that its author named.
    fn token_map(&self, call: &Call, policy: &Policy, request: &Request, conversation: &KeyedDigest) -> TokenMap {
        let scope = ScopeKey::derive(&self.master, &call.key.tenant, conversation.as_str());
        let mut map = TokenMap::new(scope, policy.tokens);
        for slot in request.slots().iter().filter(|slot| slot.origin == Origin::Prompt) {
            map.allow_hosts_of(&slot.text);
        }
        map
    }
}

/// What the remote model is told about what was minted, if anything was.
fn note(map: &TokenMap) -> Option<String> {
    let notes = [(Style::Token, TOKEN_NOTE), (Style::Surrogate, SURROGATE_NOTE)];
    let has = |style| map.tokens().any(|(token, ..)| token.style() == style);
    let fitting: Vec<&str> = notes.iter().filter(|(style, _)| has(*style)).map(|(_, note)| *note).collect();
    (!fitting.is_empty()).then(|| fitting.join(" "))
}

/// The target answers nothing that the caller's API asks for.
fn no_way() -> Refusal {
    let message = "the provider of this model does not answer requests to this endpoint; name another model";
    Refusal::Invalid(RequestError::at("model", message))
}
