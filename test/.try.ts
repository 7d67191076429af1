import fs from 'node:fs';
import { Engine, tensor } from '@sightline/core';
import gradCam from '../packages/methods/grad-cam/src/index.ts';
import liftCam from '../packages/methods/lift-cam/src/index.ts';
import ig from '../packages/methods/integrated-gradients/src/index.ts';
import rise from '../packages/methods/rise/src/index.ts';
function npy(f: string) { const b = fs.readFileSync(f); const h = b.readUInt16LE(8); const head = b.subarray(10,10+h).toString(); const dims=[...head.match(/\(([^)]*)\)/)![1]!.matchAll(/\d+/g)].map(m=>+m[0]); const d=b.subarray(10+h); return tensor(dims, new Float32Array(d.buffer.slice(d.byteOffset,d.byteOffset+d.byteLength))); }
const e = new Engine(); for (const m of [gradCam,liftCam,ig,rise]) e.register(m);
const t0=performance.now();
const g='/work/shared/golden/resnet18-val1/';
const s = await e.load(new Uint8Array(fs.readFileSync('/work/shared/models/resnet18_pqf.onnx')));
console.log('load', performance.now()-t0, s.layers.at(-1), s.undifferentiable, s.classes);
const x = npy(g+'input.npy');
const cmp=(name:string,a:ArrayLike<number>,f:string)=>{const r=npy(g+f).data; let d=0,n=0; for(let i=0;i<r.length;i++){d+=(a[i]!-r[i]!)**2;n+=r[i]!**2;} console.log(name,'rel L2',Math.sqrt(d/n), a.length, r.length)};
for (const [m,o,files] of [['grad-cam',{},['layer4.1.relu/gradcam_weights.npy','layer4.1.relu/gradcam_raw.npy']],['lift-cam',{},['layer4.1.relu/lift_weights.npy','layer4.1.relu/lift_raw.npy']],['lift-cam',{layer:'layer3.1.relu'},['layer3.1.relu/lift_weights.npy','layer3.1.relu/lift_raw.npy']]] as const) {
 const t=performance.now(); const a = await e.explain(x,{method:m,target:65,options:o}); console.log(m, a.options, (performance.now()-t).toFixed(), a.logit, a.probability);
 cmp('w',a.coefficients!.data,files[0]); cmp("map",a.map.data,files[1]); console.log("sum", a.coefficients!.data.reduce((p,q)=>p+q,0), "max", Math.max(...a.coefficients!.data));
}
const t=performance.now();
const {network}=e; 
const { bindModel } = await import('../packages/core/src/model/bind.ts');
const m = bindModel(network, async()=>{});
const gr = await m.gradient(x,{weights:[[65,1]],of:'logit'}); console.log('gradient', performance.now()-t); cmp('g',gr.gradient.data,'gradient_raw.npy');
for(let i=0;i<4;i++){const t=performance.now(); await m.score(x,{weights:[[65,1]],of:'logit'}); const t2=performance.now(); await m.gradient(x,{weights:[[66,1]],of:'logit'}); console.log('fwd',t2-t,'grad',performance.now()-t2);}
process.exit(0);
