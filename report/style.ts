import { COLOUR } from './colours.ts';

/** Both for a screen of any width and for paper: two sheets of A4. */
export const CSS = `
:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0 auto;max-width:56rem;padding:1rem;background:${COLOUR.paper};color:${COLOUR.ink};font:16px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.2;margin:.2rem 0 .4rem}
h2{font-size:1.1rem;margin:1.4rem 0 .4rem;border-bottom:2px solid ${COLOUR.line};padding-bottom:.15rem}
p{margin:.3rem 0}
.quiet{color:${COLOUR.quiet};font-size:.87em}
.bad{color:${COLOUR.bad}}.good{color:${COLOUR.good}}
.drill{display:inline-block;background:${COLOUR.panel};border:1px solid ${COLOUR.line};border-radius:.3rem;padding:.1rem .5rem;font-size:.87em}
table{border-collapse:collapse;width:100%;font-size:.92em}
th,td{text-align:left;vertical-align:top;padding:.25rem .8rem .25rem 0;border-bottom:1px solid ${COLOUR.line}}
thead th{color:${COLOUR.quiet};font-weight:600;font-size:.9em;white-space:nowrap}
tbody th{white-space:nowrap}
td.at{white-space:nowrap;font-variant-numeric:tabular-nums}
svg{display:block;width:100%;height:auto}
svg text{font-family:inherit}
.wide{display:none}
ul.names{margin:.3rem 0;padding-left:1.2rem;font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.82em}
ol.whys{padding-left:1.4rem}
ol.whys li{border-bottom:1px solid ${COLOUR.line};min-height:2.2rem;color:${COLOUR.quiet};font-size:.9em}
code{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.85em}
@media (min-width:48rem){.wide{display:block}.narrow{display:none}}
@media (max-width:30rem){
.stack thead{display:none}
.stack tr{display:block;border-bottom:1px solid ${COLOUR.line};padding:.3rem 0}
.stack td,.stack th{display:block;border:0;padding:0}
.stack td.at{display:inline;margin-right:.6rem;color:${COLOUR.quiet}}
.stack td[data-of]::before{content:attr(data-of) ": ";color:${COLOUR.quiet}}
}
@page{size:A4;margin:12mm}
@media print{
body{max-width:none;padding:0;font-size:8.5pt;line-height:1.3}
h1{font-size:15pt}h2{font-size:10.5pt;margin:.7rem 0 .2rem}
table{font-size:8pt}th,td{padding:.1rem .4rem .1rem 0}
.wide{display:block;max-height:95mm}.narrow{display:none}
h2{break-after:avoid}tr,li{break-inside:avoid}
ul.names{font-size:7.5pt}ol.whys li{min-height:7mm}
}
`;
