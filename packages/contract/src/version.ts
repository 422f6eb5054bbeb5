/** The version of Fabrique, the same in every package. A test compares it with the manifests. */
export const fabriqueVersion = '0.1.0'

/** The MLflow version whose REST protocol we speak, as `GET /version` answers. From 3.4 on the clients send spans to `/v1/traces`. */
export const mlflowVersion = '3.11.1'
