//! What hostile bytes are made of; `fuzz/words.dict` has the same for the fuzzer.

/// Pieces of streams and answers; `$0` becomes a token.
#[rustfmt::skip]
pub(super) const WORDS: &[&str] = &[
    "data: ", "data:", "event: ", "id: 7\n", "\n", "\n\n", "\r\n", "\r", "\r\n\r\n", ": ping\n\n", "[DONE]",
    "\u{feff}", "{", "}", "[", "]", "\"", ":", ",", "null", "true", "0", "-1", "1e999", "12345678901234567890", "\\",
    "\\u", "\\ud800", "\"model\":\"m\"", "\"messages\":[", "\"role\":\"user\"", "\"role\":\"assistant\"",
    "\"content\":", "\"type\":\"text\"", "\"choices\":[", "\"index\":", "\"delta\":{", "\"tool_calls\":[",
    "\"function\":{", "\"arguments\":\"", "\"usage\":{", "\"finish_reason\":\"stop\"", "\"input\":", "\"output\":[",
    "\"prompt\":", "\"logprobs\":", "\"error\":{", "\"type\":\"response.output_text.delta\"",
    "\"type\":\"content_block_start\"", "\"type\":\"message_start\"", "\"output_index\":1", "\"content_index\":0",
    "\"item_id\":\"a\"", "\"sequence_number\":3", "\"content_block\":{", "$0", "$1", "$2", "[PERSON_", "PERSON", "_",
    "[[", "]]", "](", "https://evil.test/", "https://good.test/?a=", "**", "`", "&#91;", "%5B", "é", "\u{200b}", "日",
    "😀", "'s", "s",
];

/// Names of fields.
#[rustfmt::skip]
pub(super) const FIELDS: &[&str] = &[
    "model", "messages", "role", "content", "type", "text", "choices", "index", "delta", "tool_calls", "function",
    "arguments", "name", "usage", "input", "output", "prompt", "error", "message", "finish_reason", "id", "tools",
    "parameters", "properties", "stream", "metadata", "item", "response", "content_block", "partial_json", "stop",
    "image_url", "url", "file", "system", "input_schema", "tool_use_id", "call_id", "summary", "format", "schema",
];

/// What stands in them.
#[rustfmt::skip]
pub(super) const TEXTS: &[&str] = &[
    "user", "assistant", "system", "tool", "text", "function", "image_url", "tool_use", "tool_result", "message",
    "function_call", "output_text", "input_text", "reasoning", "thinking", "stop", "json_schema", "{\"a\":[\"$0\"]}",
    "$0", "$1 \\ \"", "data:image/png;base64,AAAA", "m", "", "response.output_item.added", "response.completed",
    "content_block_delta", "message_delta", "input_json_delta", "[\"\\u0041\", 1.50]",
];
