-- Who owns keys, a policy and an audit chain.
CREATE TABLE tenant (
    name       text PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT "a tenant is named by 1 to 63 of a-z, 0-9, - and _, starting with a letter or digit"
        CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$')
);
