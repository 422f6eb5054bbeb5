/**
 * A script of the page of Swagger, which runs after its own: `/docs?model=NAME` shows the document of one model in the place of that of the
 * server.
 */
export const modelDocument = `(() => {
  const model = new URLSearchParams(location.search).get('model')
  if (model === null) return
  window.onload = () => {
    document.title = model
    SwaggerUIBundle({
      dom_id: '#swagger-ui',
      presets: [SwaggerUIBundle.presets.apis],
      url: '/api/v1/models/' + encodeURIComponent(model) + '/openapi.json',
      deepLinking: true,
      displayRequestDuration: true,
      tryItOutEnabled: true,
      validatorUrl: null,
    })
  }
})()
`
