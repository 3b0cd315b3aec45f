-- What stateful APIs need: a later request names an earlier answer and does not
-- send its conversation again. Whatever tells of a person is in `sealed`:
-- AES-256-GCM under a data key of the tenant, with the row's other columns as
-- additional data, so that a row opens in its own place alone.

-- A tenant's data key, wrapped by a key that comes from the master key. Deleting
-- the row makes everything that is sealed with it unreadable.
CREATE TABLE vault_key (
    tenant     text PRIMARY KEY,
    key_id     uuid NOT NULL UNIQUE,
    wrapped    bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT "a wrapped key is a nonce of 12 bytes, a key of 32 and a tag of 16"
        CHECK (octet_length(wrapped) = 60)
);

-- A token and, sealed, its value. A mapping holds the tokens of one chain of
-- answers. `key_id` is no foreign key: rows of a destroyed key are dead weight
-- that the sweep removes in its own time.
CREATE TABLE vault_token (
    tenant       text NOT NULL,
    mapping      uuid NOT NULL,
    token        text NOT NULL,
    key_id       uuid NOT NULL,
    sealed       bytea NOT NULL,
    expires_at_s bigint NOT NULL,

    PRIMARY KEY (tenant, mapping, token),

    CONSTRAINT "a token is short"
        CHECK (octet_length(token) BETWEEN 1 AND 1024),
    CONSTRAINT "what is sealed has at least a nonce of 12 bytes and a tag of 16"
        CHECK (octet_length(sealed) >= 28),
    CONSTRAINT "an expiry is in seconds since 1970"
        CHECK (expires_at_s >= 0)
);

CREATE INDEX vault_token_by_expiry ON vault_token (expires_at_s);

-- An answer that a provider keeps, by the provider's id for it: which mapping
-- restores it and, sealed, who keeps it.
CREATE TABLE vault_object (
    tenant       text NOT NULL,
    object_id    text NOT NULL,
    mapping      uuid NOT NULL,
    key_id       uuid NOT NULL,
    sealed       bytea NOT NULL,
    expires_at_s bigint NOT NULL,

    PRIMARY KEY (tenant, object_id),

    CONSTRAINT "a provider's id has 1 to 256 bytes"
        CHECK (octet_length(object_id) BETWEEN 1 AND 256),
    CONSTRAINT "what is sealed has at least a nonce of 12 bytes and a tag of 16"
        CHECK (octet_length(sealed) >= 28),
    CONSTRAINT "an expiry is in seconds since 1970"
        CHECK (expires_at_s >= 0)
);

CREATE INDEX vault_object_by_mapping ON vault_object (tenant, mapping);
CREATE INDEX vault_object_by_expiry ON vault_object (expires_at_s);
