/* global Redoc */
const bar = document.querySelector('.bar');

Redoc.init(
  '/openapi.json',
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
