//! The stand-in for a remote provider.

use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::Value;

use crate::cli::Failure;
use crate::local::LocalModel;
use crate::local::chat_api::Completion;

/// A server that speaks OpenAI's API and remembers what reached it.
pub(super) struct Remote {
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    server: ServerHandle,
}

/// A request that left the perimeter, and its answer.
#[derive(Clone)]
pub(super) struct Exchange {
    pub(super) request: Value,
    pub(super) answer: Value,
}

struct Shared {
    model: Arc<LocalModel>,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

impl Remote {
    /// Serves on `listener` until it is stopped.
    pub(super) fn start(listener: TcpListener, model: Arc<LocalModel>) -> Result<Remote, Failure> {
        let exchanges: Arc<Mutex<Vec<Exchange>>> = Arc::default();
        let shared = web::Data::new(Shared { model, exchanges: Arc::clone(&exchanges) });
        let server = HttpServer::new(move || {
            App::new().app_data(shared.clone()).route("/v1/chat/completions", web::post().to(answer))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)?
        .run();
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Remote { exchanges, server: handle })
    }

    /// What reached it so far.
    pub(super) fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) async fn stop(self) {
        self.server.stop(true).await;
    }
}

async fn answer(shared: web::Data<Shared>, request: web::Json<Value>) -> HttpResponse {
    let request = request.into_inner();
    let answering = async { Completion::start(&shared.model, &request).await?.whole().await };
    match answering.await {
        Ok(answer) => {
            let exchange = Exchange { request, answer: answer.body.clone() };
            shared.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
            HttpResponse::Ok().json(answer.body)
        }
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}
