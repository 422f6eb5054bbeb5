/** The version of Fabrique, the same in every package. A test compares it with the manifests. */
export const fabriqueVersion = '0.1.0'

/** The MLflow version whose REST protocol we speak, as `GET /version` answers. Below 3.4 the clients do not try OTLP traces. */
export const mlflowVersion = '3.3.2'
