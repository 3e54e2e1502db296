/* global Redoc */
// The server may lie below a path: everything of it is found from this script.
const openApi = new URL('../../openapi.json', document.currentScript.src).href;
const bar = document.querySelector('.bar');

Redoc.init(
  openApi,
  {
    scrollYOffset: () => bar.offsetHeight,
    expandResponses: '200,202',
    hideDownloadButton: true,
    theme: {
      colors: { primary: { main: '#1f5f99' } },
      typography: { fontFamily: 'system-ui, sans-serif', headings: { fontFamily: 'system-ui, sans-serif' } },
    },
  },
  document.getElementById('api'),
);
