import { Serdes } from '@millrace/client'
import { Consumed } from '../../src/dsl/consumed.ts'
import type { KStream } from '../../src/dsl/streams-and-tables.ts'
import type { StreamsBuilder } from '../../src/dsl/streams-builder.ts'
import { JoinWindows } from '../../src/windows/join-windows.ts'
import { runScenarios } from './scenario.ts'

const TEXT = Consumed.with(Serdes.string(), Serdes.string())
/** Looks for closed windows with every record. */
const EAGER = { outerJoinEmitIntervalMs: 0 }
const stream = (builder: StreamsBuilder, topic: string): KStream<string, string> => builder.stream(topic, TEXT)
const plus = (left: string | null, right: string | null): string => `${left}+${right}`
const within = (units: number, unitMs: number): JoinWindows => JoinWindows.ofTimeDifferenceWithNoGrace(units * unitMs)

runScenarios('joins of streams', [
  {
    id: 'H1',
    title: 'inner, bounds included, duplicates, out of order, nulls',
    trace:
      'L k:a@0{h=L}→∅ · R k:A@10{h=R}→k=a+A@10{h=R} · R k:B@11→∅ · L k:b@1→k=b+A@10, k=b+B@11 · L k:b2@1→k=b2+A@10, k=b2+B@11 · R k:C@11→k=b+C@11, k=b2+C@11 · L k:c@21→k=c+B@21, k=c+C@21 · L k:d@22→∅ · L k:null@22→∅ · L null:x@22→∅ · R q:Q@100→∅ · L k:late@5→∅ · **dropped(0_0)=2**',
    builder: EAGER,
    build: (builder, unitMs) => stream(builder, 'L').join(stream(builder, 'R'), plus, within(10, unitMs)).to('out'),
  },
  {
    id: 'H2',
    title: 'inner, from before only',
    trace: 'L k:a@10→∅ · R k:A@4→∅ · R k:B@5→k=a+B@10 · R k:C@10→k=a+C@10 · R k:D@11→∅ · L k:b@11→k=b+C@11, k=b+D@11',
    builder: EAGER,
    build: (builder, unitMs) =>
      stream(builder, 'L')
        .join(stream(builder, 'R'), plus, within(0, unitMs).before(5 * unitMs))
        .to('out'),
  },
  {
    id: 'H3',
    title: 'left with grace',
    trace:
      'L k:a@0→∅ · L j:b@1→∅ · R k:A@9→k=a+A@9 · R z:Z@15→∅ · R z:Z2@16→∅ · R z:Z3@17→j=b+null@1 · L k:late@0→k=late+A@9 · L m:m@2→m=m+null@2 · L n:n@7→∅ · R z:Z4@40→n=n+null@7 · L o:o@18→o=o+null@18',
    builder: EAGER,
    build: (builder, unitMs) =>
      stream(builder, 'L')
        .leftJoin(stream(builder, 'R'), plus, JoinWindows.ofTimeDifferenceAndGrace(10 * unitMs, 5 * unitMs))
        .to('out'),
  },
  {
    id: 'H4',
    title: 'outer',
    trace:
      'L k:a@0→∅ · R j:B@1→∅ · L k:a2@0→∅ · R q:Q@10→∅ · R q:Q2@11→k=a+null@0, k=a2+null@0 · L q:q@12→q=q+Q@12, q=q+Q2@12 · R z:Z@40{h=trig}→j=null+B@1{h=trig}',
    builder: EAGER,
    build: (builder, unitMs) =>
      stream(builder, 'L').outerJoin(stream(builder, 'R'), plus, within(10, unitMs)).to('out'),
  },
  {
    id: 'H5',
    title: 'outer, null keys and values',
    trace:
      'L null:a@5→null=a+null@5 · R null:B@6→null=null+B@6 · L null:null@7→∅ · L k:null@8→∅ · R z:Z@40→∅ · **dropped(0_0)=2**',
    builder: EAGER,
    build: (builder, unitMs) =>
      stream(builder, 'L').outerJoin(stream(builder, 'R'), plus, within(10, unitMs)).to('out'),
  },
  {
    id: 'H6',
    title: 'left, null keys',
    trace: 'L null:a@5→null=a+null@5 · R null:B@6→∅ · **dropped(0_0)=1**',
    builder: EAGER,
    build: (builder, unitMs) => stream(builder, 'L').leftJoin(stream(builder, 'R'), plus, within(10, unitMs)).to('out'),
  },
  {
    id: 'H7',
    title: 'left, looking for closed windows once a second',
    trace:
      'L a:1@0→∅ · L b:2@20→∅ · L c:3@40→∅ · wall+1000→∅ · L d:4@41→a=1+null@0, b=2+null@20 · R x:X@100→∅ · wall+1000→∅ · R x:X@101→c=3+null@40, d=4+null@41',
    unitsMs: [1],
    build: (builder, unitMs) => stream(builder, 'L').leftJoin(stream(builder, 'R'), plus, within(10, unitMs)).to('out'),
  },
  {
    id: 'H8',
    title: 'left, out of order: at once when the window is over before stream time',
    trace: 'R z:Z@30→∅ · L k:a@19→k=a+null@19 · L k:b@20→∅ · R k:K@25→k=a+K@25, k=b+K@25 · R z:Z@36→∅',
    builder: EAGER,
    build: (builder, unitMs) => stream(builder, 'L').leftJoin(stream(builder, 'R'), plus, within(10, unitMs)).to('out'),
  },
  {
    id: 'H9',
    title: 'left, late: at once, and again with the partner that comes',
    trace: 'R z:Z@50→∅ · L k:a@20→k=a+null@20 · R k:A@25→k=a+A@25 · R z:Z@200→∅',
    builder: EAGER,
    build: (builder, unitMs) =>
      stream(builder, 'L')
        .leftJoin(stream(builder, 'R'), plus, JoinWindows.ofTimeDifferenceAndGrace(10 * unitMs, 30 * unitMs))
        .to('out'),
  },
  {
    id: 'H10',
    title: 'outer, from before only',
    trace:
      'L k:a@10→∅ · R k:A@0→k=a+A@10 · R j:B@5→∅ · L z:z@11→∅ · L z:z2@16→j=null+B@5, z=z+null@11 · L z:z3@30→z=z2+null@16',
    builder: EAGER,
    build: (builder, unitMs) =>
      stream(builder, 'L').outerJoin(stream(builder, 'R'), plus, within(10, unitMs).after(0)).to('out'),
  },
  {
    id: 'H11',
    title: 'a stream with itself',
    trace:
      'k:a@0→k=a+a@0 · k:b@5→k=b+a@5, k=a+b@5, k=b+b@5 · k:c@3→k=c+a@3, k=c+b@5, k=a+c@3, k=c+c@3, k=b+c@5 · k:d@15→k=d+b@15, k=b+d@15, k=d+d@15 · k:e@100→k=e+e@100 · k:f@90→k=f+e@100, k=f+f@90, k=e+f@100',
    builder: EAGER,
    build: (builder, unitMs) => {
      const records = stream(builder, 'in')
      records.join(records, plus, within(10, unitMs)).to('out')
    },
  },
  {
    id: 'H12',
    title: 'inner, minutes: what expires depends on the side that moved',
    trace:
      'L k:a@0→∅ · R k:A@60000→k=a+A@60000 · R k:z@130000→∅ · L k:late1@20000→k=late1+A@60000 · R k:lateR@11000→k=a+lateR@11000, k=late1+lateR@20000 · R k:z@400000→∅ · L k:late2@60000→∅ · R k:late3@60000→k=a+late3@60000, k=late1+late3@60000, k=late2+late3@60000 · **dropped(0_0)=1**',
    builder: EAGER,
    unitsMs: [1],
    build: (builder, unitMs) => stream(builder, 'L').join(stream(builder, 'R'), plus, within(60_000, unitMs)).to('out'),
  },
])
