//! The dialects, each under its own path.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ContentType};
use actix_web::{HttpRequest, HttpResponse, Route, web};

use futures_util::StreamExt;

use super::body::{Authenticated, Place};
use super::error::ApiError;
use super::server::{RequestId, State};
use crate::dialect::{Dialect, StoredCall, Verb};
use crate::pipeline::{Call, Refusal, Reply, ReplyBody, StoredQuestion};
use crate::upstream::{Betas, InvalidQuery, StoredQuery};

/// Names the caller's conversation.
const SESSION_HEADER: &str = "x-cordon-session";
/// Asks for stricter actions than the policy's: `PERSON=block,URL=mask`.
const ACTIONS_HEADER: &str = "x-cordon-actions";
/// Says which of the policy's purposes the request is made for.
const PURPOSE_HEADER: &str = "x-cordon-purpose";
/// Asks for previews of Anthropic's API.
const BETAS_HEADER: &str = "anthropic-beta";
/// Says how many entities of which label were found.
const ENTITIES_HEADER: &str = "x-cordon-entities";

/// A route for each dialect, and for each call about an answer that is kept.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    for dialect in Dialect::all() {
        let answering = move |request: HttpRequest, state, sender| answer(dialect, request, state, sender);
        config.route(dialect.route, web::post().to(answering));
        for call in dialect.stateful.into_iter().flat_map(|stateful| stateful.calls) {
            let asking = move |request: HttpRequest, state, sender| ask_about(dialect, call, request, state, sender);
            config.route(call.route, method(call.verb).to(asking));
        }
    }
}

fn method(verb: Verb) -> Route {
    match verb {
        Verb::Get => web::get(),
        Verb::Post => web::post(),
        Verb::Delete => web::delete(),
    }
}

/// Answers one request.
async fn answer(
    dialect: &'static Dialect,
    request: HttpRequest,
    state: web::Data<State>,
    sender: Authenticated,
) -> Result<HttpResponse, ApiError> {
    let header = |name| header(&request, name);
    let refused = |refusal: Refusal| ApiError::from(refusal).about(&request);
    let betas = Betas::parse(&header(BETAS_HEADER).unwrap_or_default()).map_err(|error| refused(error.into()))?;
    let call = Call {
        request_id: RequestId::of(&request).0,
        key: sender.key,
        dialect,
        session: header(SESSION_HEADER),
        stricter: header(ACTIONS_HEADER),
        purpose: header(PURPOSE_HEADER),
        client: client(&request),
        betas,
        body: sender.body,
        started: sender.started,
    };
    let reply = state.pipeline.answer(call).await.map_err(refused)?;
    Ok(respond(reply, sender.place))
}

/// A header's value. One that is there several times is one list (RFC 9110, 5.3):
/// none may be overlooked.
fn header(request: &HttpRequest, name: &str) -> Option<String> {
    let values = request.headers().get_all(name);
    let texts = values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    texts.reduce(|list, value| list + "," + &value)
}

/// Who is at the other end of the connection. Headers that name another sender
/// are not believed: any caller can write one.
fn client(request: &HttpRequest) -> Option<IpAddr> {
    request.peer_addr().map(|peer| peer.ip().to_canonical())
}

/// Answers a call about an answer that is kept.
async fn ask_about(
    dialect: &'static Dialect,
    call: &'static StoredCall,
    request: HttpRequest,
    state: web::Data<State>,
    sender: Authenticated,
) -> Result<HttpResponse, ApiError> {
    let refused = |refusal: Refusal| ApiError::from(refusal).about(&request);
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let pairs = pairs.map(web::Query::into_inner).map_err(|_| refused(InvalidQuery.into()))?;
    let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let question = StoredQuestion {
        request_id: RequestId::of(&request).0,
        key: sender.key,
        dialect,
        call,
        id: request.match_info().query("id").to_owned(),
        stricter: header(&request, ACTIONS_HEADER),
        purpose: header(&request, PURPOSE_HEADER),
        client: client(&request),
        query: StoredQuery::parse(pairs).map_err(|error| refused(error.into()))?,
        started: sender.started,
    };
    let reply = state.pipeline.ask_about(question).await.map_err(refused)?;
    Ok(respond(reply, sender.place))
}

fn respond(reply: Reply, place: Place) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = HttpResponse::build(status);
    for (name, value) in &reply.headers {
        response.insert_header((name.as_str(), value.as_str()));
    }
    if !reply.entities.is_empty() {
        response.insert_header((ENTITIES_HEADER, reply.entities));
    }
    match reply.body {
        ReplyBody::Whole(body) => response.insert_header(ContentType::json()).body(body),
        ReplyBody::Events(events) => response
            .insert_header((CONTENT_TYPE, "text/event-stream; charset=utf-8"))
            .insert_header((CACHE_CONTROL, "no-cache"))
            // Proxies in front of Cordon must not collect the stream (nginx).
            .insert_header(("x-accel-buffering", "no"))
            // The request is in work until its stream has ended.
            .streaming(events.map(move |bytes| {
                let _in_work = &place;
                bytes
            })),
    }
}
