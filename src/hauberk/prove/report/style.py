"""The one style sheet of the report; its hash stands in the report's content security policy."""

from __future__ import annotations

__all__ = ["STYLE"]

STYLE = """
:root{--ink:#1b2024;--soft:#5a636b;--faint:#e4e1da;--rule:#cfcbc2;--paper:#fcfbf8;--card:#fff;
--after:#1f4f6e;--before:#b4bec5;--good:#17663f;--bad:#a2271d;--warn:#85560a;--tint:#e3efe7;
--serif:Charter,"Bitstream Charter","Iowan Old Style","Palatino Linotype",Cambria,Georgia,serif;
--sans:system-ui,-apple-system,"Segoe UI","Helvetica Neue",Arial,sans-serif;
--mono:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media (prefers-color-scheme:dark){:root{--ink:#e9e6e0;--soft:#a0a8af;--faint:#2b3137;--rule:#3f474e;--paper:#14171a;
--card:#1a1e22;--after:#7fb4d6;--before:#5a666f;--good:#62c391;--bad:#ff9184;--warn:#dfb155;--tint:#1c3127}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.55 var(--serif)}
main{max-width:64rem;margin:0 auto;padding:3.5rem 2rem 4rem;counter-reset:section figure}
p,ul,dl{max-width:44rem}
h1{font-size:2.9rem;line-height:1.05;font-weight:600;letter-spacing:-.015em;margin:0;overflow-wrap:anywhere}
h2{font-size:1.45rem;line-height:1.2;font-weight:600;margin:0 0 .6rem;counter-increment:section}
h2::before{content:counter(section);color:var(--soft);font:500 .95rem var(--sans);display:inline-block;min-width:2rem}
h3{font:600 1rem/1.3 var(--sans);margin:1.6rem 0 .2rem}
section{margin-top:3.2rem;padding-top:1.1rem;border-top:1px solid var(--rule)}
a{color:inherit;text-decoration-color:var(--before);text-underline-offset:.15em}
a:focus-visible,[tabindex]:focus-visible{outline:2px solid var(--after);outline-offset:2px}
code{font:.86em var(--mono);overflow-wrap:anywhere}
.kicker{font:600 .78rem/1 var(--sans);letter-spacing:.12em;text-transform:uppercase;color:var(--soft);margin:0 0 1rem}
.use{color:var(--soft);font-style:italic;margin:.5rem 0 0}
.verdict{display:flex;gap:1.6rem;align-items:center;margin:2rem 0 1.4rem;padding:1rem 1.4rem;background:var(--card);
border:1px solid var(--rule);border-left:6px solid currentColor;max-width:52rem}
.verdict p{margin:0;color:var(--ink)}
.verdict .word{font:700 1.5rem/1 var(--sans);color:inherit;white-space:nowrap}
.verdict.passed{color:var(--good)}.verdict.failed{color:var(--bad)}
.verdict code{color:var(--soft);font-size:.78rem}
.story{font-size:1.12rem;line-height:1.5}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1.4rem;font:.88rem/1.5 var(--sans);margin:1.6rem 0 0;
max-width:52rem}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere;white-space:pre-line}
.wide{overflow-x:auto;margin:.9rem 0 0}
table{border-collapse:collapse;width:100%;font:.86rem/1.45 var(--sans)}
th{font-weight:600;color:var(--soft);text-align:left;vertical-align:bottom;padding:.35rem .9rem .35rem 0;
border-bottom:1.5px solid var(--ink)}
td{padding:.42rem .9rem .42rem 0;border-bottom:1px solid var(--faint);vertical-align:top;overflow-wrap:break-word}
th.number,td.number{padding-right:1.3rem}
th:last-child,td:last-child{padding-right:0}
.number{text-align:right;font-variant-numeric:tabular-nums lining-nums}
td.number{white-space:nowrap}
td code{font-size:.94em;white-space:nowrap}
.note{color:var(--soft);font-size:.92em}
.short{max-width:16rem}
span.passed{color:var(--good);font-weight:600;white-space:nowrap}
span.failed{color:var(--bad);font-weight:700;white-space:nowrap}p.failed{color:var(--bad)}
.severity.error{color:var(--bad);font-weight:700}.severity.warning{color:var(--warn);font-weight:600}
.severity.info{color:var(--soft)}
.rung{font:600 .74rem/1 var(--sans);white-space:nowrap;border:1px solid currentColor;border-radius:2px;
padding:.12rem .35rem;display:inline-block}
.rung.certified{color:var(--good);border-style:double;border-width:3px;padding:.02rem .28rem}
.rung.measured{color:var(--after)}
.rung.declared{color:var(--warn);border-style:dashed}
.pair{display:grid;grid-template-columns:minmax(0,1.1fr) minmax(0,1fr);gap:2.4rem;align-items:start;margin-top:1rem}
figure{margin:1rem 0 0;max-width:34rem;counter-increment:figure}
.pair figure{margin:0}
.large figure{max-width:41rem}
figcaption{font:.82rem/1.45 var(--sans);color:var(--soft);margin-top:.7rem}
figcaption::before{content:"Figure " counter(figure) ". ";font-weight:600;color:var(--ink)}
svg{width:100%;height:auto;display:block;overflow:visible}
svg text{font:12px var(--sans);fill:var(--ink)}
svg .tick{fill:var(--soft);font-size:11px;font-variant-numeric:tabular-nums}
svg .axis{fill:var(--soft);font-size:11.5px}
svg .label{font-weight:600}
svg .value{font-weight:600;font-variant-numeric:tabular-nums}svg .value.before{fill:var(--soft)}
svg .value.failed{fill:var(--bad)}
svg .grid{stroke:var(--faint)}svg .base{stroke:var(--rule)}svg .zero{stroke:var(--ink);stroke-dasharray:3 3}
svg .whisker{stroke:var(--ink);stroke-width:1.3}svg .halo{stroke:var(--paper);stroke-width:3.6;stroke-linecap:round}
svg rect.before{fill:var(--before)}svg rect.after{fill:var(--after)}svg .suspect{fill:var(--bad)}
svg .track{fill:var(--faint)}svg .admitted{fill:var(--tint)}
svg .threshold{stroke:var(--good);stroke-width:1.6}
svg .curve{fill:none;stroke:var(--after);stroke-width:2}
svg .curve.before{stroke:var(--before)}
svg .curve.failed{stroke:var(--bad)}svg .curve.passed{stroke:var(--good);stroke-dasharray:6 3}
svg .cross{stroke:var(--before);stroke-width:1.2}svg .cross.open{stroke:var(--after)}
svg .cross.chosen{stroke:var(--good);stroke-width:1.6}
svg .cross.failed{stroke:var(--bad)}svg .cross.passed{stroke:var(--good)}
svg .dot{fill:var(--before)}svg .dot.open{fill:var(--after)}
svg .dot.chosen,svg .dot.passed{fill:var(--good)}svg .dot.failed{fill:var(--bad)}
svg .ring{fill:none;stroke:var(--good);stroke-width:1.6}
svg .leader{stroke:var(--before);stroke-width:.8}
svg .name{font-weight:600;paint-order:stroke;stroke:var(--paper);stroke-width:3px}
svg .name.refused{fill:var(--soft)}svg .name.open{fill:var(--after)}svg .name.chosen{fill:var(--good)}
.gauge{width:9.4rem}
pre{background:var(--card);border:1px solid var(--rule);padding:.9rem 1.1rem;overflow-x:auto;max-width:52rem;
font-size:.95rem;line-height:1.6}
ul{padding-left:1.2rem}li{margin:.4rem 0}
.end{margin-top:3.5rem;padding-top:.8rem;border-top:1px solid var(--rule);font:.76rem/1.4 var(--sans);color:var(--soft);
overflow-wrap:anywhere}
@media screen and (max-width:52rem){body{font-size:16px}main{padding:2rem 1.1rem 3rem}
.pair{grid-template-columns:1fr;gap:1rem}
h1{font-size:2.2rem}.verdict{flex-direction:column;align-items:flex-start;gap:.6rem}
svg text{font-size:14px}svg .tick,svg .axis{font-size:13px}
.large svg .name,.large svg .tick,.large svg .axis{font-size:16px}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}}
@media print{:root{--ink:#000;--soft:#444;--faint:#ddd;--rule:#999;--paper:#fff;--card:#fff;--after:#1f4f6e;
--before:#b4bec5;--good:#17663f;--bad:#a2271d;--warn:#85560a;--tint:#e3efe7}
@page{size:A4;margin:17mm 16mm}
body{font-size:10pt}main{max-width:none;padding:0}section{margin-top:1.6rem}
html{font-size:12.5px}.wide{overflow:visible}td code{white-space:normal}
.pair{grid-template-columns:1.1fr 1fr;gap:1.4rem}
.gauge{width:7rem}h2,h3{break-after:avoid}figure,tr,pre,.verdict,li{break-inside:avoid}
table{font-size:8pt}a{text-decoration:none}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""
