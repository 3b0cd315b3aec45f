mod answers;
mod client;
mod events;
mod requests;
mod round_trip;
