//! From messages to the tokens that the model reads.

use std::sync::Arc;

use llama_cpp_2::model::{LlamaChatMessage, LlamaChatTemplate, LlamaModel};
use llama_cpp_2::token::LlamaToken;

use super::{ChatMessage, LocalError};

/// Characters from a private-use area that stand around a message's number while the template is rendered. No part of
/// a template or role holds them, and the messages' own text is not rendered at all.
const MARK_OPEN: char = '\u{E0F0}';
const MARK_CLOSE: char = '\u{E0F1}';

pub(super) struct PromptEncoder {
    model: Arc<LlamaModel>,
    template: LlamaChatTemplate,
    token_bytes_max: usize,
}

impl PromptEncoder {
    /// Takes the named chat template, else the model's own, and tries it.
    pub(super) fn new(model: Arc<LlamaModel>, named: Option<&str>) -> Result<Self, LocalError> {
        let template = match named {
            Some(named) => LlamaChatTemplate::new(named).ok(),
            None => model.chat_template(None).ok(),
        };
        let template = template.ok_or(LocalError::Config(
            "the model has no chat template: take a model that is made for chat, or name one with chat_template",
        ))?;
        let token_bytes_max = model.tokens(true).map(|(_, bytes)| bytes.len()).max().unwrap_or(1).max(1);
        let encoder = Self { model, template, token_bytes_max };
        let greeting = ChatMessage { role: "user".to_owned(), content: "Hi".to_owned() };
        encoder.encode(&[greeting]).map_err(|_| {
            LocalError::Config("the chat template is not one that llama.cpp has built in: name one with chat_template")
        })?;
        Ok(encoder)
    }

    /// The fewest tokens that these messages can have, known without reading them.
    pub(super) fn tokens_min(&self, messages: &[ChatMessage]) -> usize {
        messages.iter().map(|message| message.content.len()).sum::<usize>() / self.token_bytes_max
    }

    /// The prompt's tokens. Only the template's own text may become control tokens: a message that contains
    /// `<|im_end|>` says just that, and cannot end its turn or begin another one's.
    pub(super) fn encode(&self, messages: &[ChatMessage]) -> Result<Vec<LlamaToken>, LocalError> {
        let vocab = self.model.vocab();
        let mut tokens = Vec::new();
        if vocab.should_add_bos() {
            tokens.push(vocab.bos());
        }
        let rendered = self.render(messages)?;
        let mut seen = vec![false; messages.len()];
        let mut parts = rendered.split(MARK_OPEN);
        let head = parts.next().unwrap_or_default();
        let mut head_tokens = vocab.tokenize(head.as_bytes(), false, true);
        if tokens.first() == head_tokens.first() {
            head_tokens.drain(..tokens.len()); // the template writes the beginning-of-text token itself
        }
        tokens.append(&mut head_tokens);
        for part in parts {
            let (number, template_text) = part.split_once(MARK_CLOSE).ok_or(LocalError::Template)?;
            let index: usize = number.parse().map_err(|_| LocalError::Template)?;
            tokens.extend(vocab.tokenize(messages[index].content.as_bytes(), false, false));
            tokens.extend(vocab.tokenize(template_text.as_bytes(), false, true));
            seen[index] = true;
        }
        if seen.contains(&false) {
            return Err(LocalError::Template); // some templates leave out what they have no place for
        }
        Ok(tokens)
    }

    /// The conversation in the template's form, with a numbered mark in the place of each message's text.
    fn render(&self, messages: &[ChatMessage]) -> Result<String, LocalError> {
        let marked = messages
            .iter()
            .enumerate()
            .map(|(index, message)| {
                let role = known_role(&message.role).ok_or(LocalError::UnknownRole { index })?;
                LlamaChatMessage::new(role.to_owned(), format!("{MARK_OPEN}{index}{MARK_CLOSE}"))
                    .map_err(|_| LocalError::Template)
            })
            .collect::<Result<Vec<_>, _>>()?;
        self.model.apply_chat_template(&self.template, &marked, true).map_err(|_| LocalError::Template)
    }
}

/// The role as chat templates know it. Anything else could write control tokens into the prompt.
fn known_role(role: &str) -> Option<&'static str> {
    Some(match role {
        "system" | "developer" => "system",
        "user" | "tool" | "function" => "user",
        "assistant" => "assistant",
        _ => return None,
    })
}
