/* global SwaggerUIBundle */
SwaggerUIBundle({
  // The server may lie below a path: everything of it is found from this script.
  url: new URL('../../openapi.json', document.currentScript.src).href,
  dom_id: '#api',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  // Otherwise the document's address would be sent to a validator elsewhere.
  validatorUrl: null,
});
