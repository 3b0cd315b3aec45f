//! The messages of a chat as the system prompt and the turns of Anthropic's.

use serde_json::{Value, json};

use super::super::{Fields, RequestError};
use super::parts::{self, text_block};

const MESSAGES: Option<&str> = Some("messages");

/// What was said, by Anthropic's roles.
#[derive(Default)]
pub(super) struct Conversation {
    /// The text blocks of the system prompt: what the system says before anybody else speaks.
    pub(super) system: Vec<Value>,
    /// Turns of alternating roles.
    pub(super) turns: Vec<Value>,
}

pub(super) fn conversation(messages: Vec<Value>) -> Result<Conversation, RequestError> {
    let mut conversation = Conversation::default();
    for message in messages {
        conversation.add(message)?;
    }
    Ok(conversation)
}

impl Conversation {
    fn add(&mut self, message: Value) -> Result<(), RequestError> {
        let mut message = Fields::of(message, "messages[]", MESSAGES)?;
        match message.required_text("role")?.as_str() {
            "system" | "developer" => {
                let blocks = parts::texts(message.take("content"))?;
                // Later on it holds from there on only; newer models of Anthropic's take it in that place.
                match self.turns.is_empty() {
                    true => self.system.extend(blocks),
                    false => self.say("system", blocks),
                }
            }
            "user" => {
                let blocks = parts::blocks(message.take("content"))?;
                self.say("user", blocks);
            }
            "assistant" => {
                let blocks = assistant(&mut message)?;
                self.say("assistant", blocks);
            }
            "tool" => {
                let result = tool_result(&mut message)?;
                self.say("user", vec![result]);
            }
            _ => return Err(message.error("role", "must be system, developer, user, assistant or tool")),
        }
        message.end()
    }

    /// Adds to the last turn when the same role goes on, as the results of parallel tool calls do: Anthropic's API
    /// wants them in one turn.
    fn say(&mut self, role: &str, blocks: Vec<Value>) {
        if blocks.is_empty() {
            return; // Anthropic's API takes no empty turn, and there is nothing in it.
        }
        match self.turns.last_mut() {
            Some(turn) if turn["role"] == role => {
                if let Some(said) = turn["content"].as_array_mut() {
                    said.extend(blocks);
                }
            }
            _ => self.turns.push(json!({"role": role, "content": blocks})),
        }
    }
}

fn assistant(message: &mut Fields) -> Result<Vec<Value>, RequestError> {
    let mut blocks = thinking(message)?;
    blocks.extend(parts::texts(message.take("content"))?);
    blocks.extend(message.text("refusal")?.and_then(text_block));
    for call in message.list("tool_calls")? {
        blocks.push(tool_use(call)?);
    }
    Ok(blocks)
}

/// The signed blocks that came with the message, as they were. Without them the provider cannot tell its own thoughts
/// from others'.
fn thinking(message: &mut Fields) -> Result<Vec<Value>, RequestError> {
    let blocks = message.list("thinking_blocks")?;
    if !blocks.iter().all(|block| block["type"] == "thinking" || block["type"] == "redacted_thinking") {
        return Err(message.error("thinking_blocks", "must be the blocks that an answer brought"));
    }
    let shown = message.text("reasoning_content")?.is_some_and(|text| !text.is_empty());
    if shown && blocks.is_empty() {
        let complaint = "cannot be put to this model's provider without the thinking_blocks that came with it; send \
                         both back as they came, or leave both out";
        return Err(message.error("reasoning_content", complaint));
    }
    Ok(blocks)
}

fn tool_use(call: Value) -> Result<Value, RequestError> {
    let mut call = Fields::of(call, "messages[].tool_calls[]", MESSAGES)?;
    if call.text("type")?.is_some_and(|kind| kind != "function") {
        return Err(call.error("type", "must be function: this model's provider takes no others"));
    }
    let id = call.required_text("id")?;
    let function = call.take("function").unwrap_or_default();
    call.leave_out(&["index"]);
    call.end()?;
    let mut function = Fields::of(function, "messages[].tool_calls[].function", MESSAGES)?;
    let name = function.required_text("name")?;
    let arguments = function.text("arguments")?.unwrap_or_default();
    let input = match arguments.trim() {
        "" => json!({}),
        document => serde_json::from_str(document).unwrap_or_default(),
    };
    if !input.is_object() {
        return Err(function.error("arguments", "must be a JSON object: this model's provider takes nothing else"));
    }
    function.end()?;
    Ok(json!({"type": "tool_use", "id": id, "name": name, "input": input}))
}

fn tool_result(message: &mut Fields) -> Result<Value, RequestError> {
    let id = message.required_text("tool_call_id")?;
    // The call that is named by the id has the tool's name.
    message.leave_out(&["name"]);
    Ok(json!({"type": "tool_result", "tool_use_id": id, "content": parts::texts(message.take("content"))?}))
}
