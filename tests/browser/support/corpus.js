// What strangers would like to be markup or code.

export const RUN = "window.__ran=1;alert(1)";

export const CORPUS = [
  `<script>${RUN}</script>`,
  `<img src=x onerror="${RUN}">`,
  `<img src="http://evil.example/pixel.png">`,
  `<svg onload="${RUN}"><animate onbegin="${RUN}" attributeName=x dur=1s>`,
  `<iframe srcdoc="<script>parent.__ran=1</script>"></iframe>`,
  `<iframe src="javascript:${RUN}"></iframe>`,
  `"><script>${RUN}</script>`,
  `' onmouseover='${RUN}' autofocus onfocus='${RUN}`,
  `</pre></title></textarea><script>${RUN}</script>`,
  `</script><script>${RUN}</script>`,
  `<a href="javascript:${RUN}" id=activity-plot>x</a>`,
  `<link rel=stylesheet href=http://evil.example/x.css><style>@import "http://evil.example/x";*{display:none}</style>`,
  `<base href="http://evil.example/"><meta http-equiv=refresh content="0;url=http://evil.example/">`,
  `<form action="http://evil.example/"><input name=attributes><button>x</button></form>`,
  `<math><mtext><table><mglyph><style><img src=x onerror="${RUN}">`,
  `{{constructor.constructor('${RUN}')()}} \${${RUN}} #{${RUN}}`,
  `javascript:${RUN}`,
  `data:text/html,<script>${RUN}</script>`,
  `__proto__`,
];

/**
 * The elements of a page that could load or run something.
 *
 * @param {import("playwright-core").Page} page
 */
export function active(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll("script, iframe, img, link, style, base, meta, form, object, embed")]
      .map(({ tagName }) => tagName)
      .join(),
  );
}
