"""Branch and bound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hauberk.attack.evasion.axes import Axis, Field
from hauberk.attack.evasion.contest import Contest
from hauberk.attack.evasion.leaves import MISSING, members

P=True
class Lookup:
    def __init__(self, contest, field):
        self.contest=contest; L=len(contest.value); self.L=L
        self.tree=np.repeat(np.arange(len(contest.boxes.start)),np.diff(np.append(contest.boxes.start,L))).astype(np.int32)
        self.axes=field.axes; A=len(field.axes)
        self.first=np.zeros((A,L),np.int32); self.last=np.zeros((A,L),np.int32); self.words=np.zeros((A,L),np.uint64)
        self.mem=[None]*A
        for k,a in enumerate(field.axes):
            b=a.boxes
            if a.ordered:
                self.last[k]=b.cells-1; self.first[k,b.leaf]=b.first[b.shape]; self.last[k,b.leaf]=b.last[b.shape]
            else:
                assert b.cells<64
                self.words[k]=~np.uint64(0)
                mem=members(b,np.arange(b.cells)); w=(mem.astype(np.uint64)<<np.arange(b.cells,dtype=np.uint64)).sum(1,dtype=np.uint64)|(np.uint64(1)<<np.uint64(b.cells))
                self.words[k,b.leaf]=w[b.shape]
                full=np.ones((L,b.cells),bool); full[b.leaf]=mem[b.shape]; self.mem[k]=full

@dataclass
class Boxes:
    row: np.ndarray; low: np.ndarray; high: np.ndarray; bits: np.ndarray; base: np.ndarray; count: np.ndarray; leaf: np.ndarray
    def pick(self, keep):
        rep=np.repeat(keep,self.count)
        return Boxes(self.row[keep],self.low[keep],self.high[keep],self.bits[keep],self.base[keep],self.count[keep],self.leaf[rep])

def initial(lk, field, alive, n):
    A=len(field.axes)
    low=np.zeros((n,A),np.int32); high=np.zeros((n,A),np.int32); bits=np.zeros((n,A),np.uint64)
    for k,a in enumerate(field.axes):
        miss=a.own==MISSING
        if a.ordered:
            low[:,k]=np.where(miss,-1,a.low); high[:,k]=np.where(miss,a.boxes.cells,a.high)
        else:
            K=a.boxes.cells
            w=(a.allowed.astype(np.uint64)<<np.arange(K,dtype=np.uint64)).sum(1,dtype=np.uint64)
            bits[:,k]=np.where(miss,np.uint64(1)<<np.uint64(K),w)
    at=np.ascontiguousarray(alive.T)
    row,leaf=np.nonzero(at)
    return Boxes(np.arange(n),low,high,bits,np.full(n,lk.contest.base),at.sum(1),leaf.astype(np.int32))

def cat(a):
    return Boxes(*[np.concatenate([getattr(x,f) for x in a]) for f in ('row','low','high','bits','base','count','leaf')])

def process(lk, bx, slack, stats):
    v=lk.contest.value; A=len(lk.axes)
    B=len(bx.row); box=np.repeat(np.arange(B),bx.count); leaf=bx.leaf; tr=lk.tree[leaf]
    val=v[leaf]
    if len(leaf):
        new=np.ones(len(leaf),bool); new[1:]=(tr[1:]!=tr[:-1])|(box[1:]!=box[:-1])
        st=np.flatnonzero(new); mn=np.minimum.reduceat(val,st); mx=np.maximum.reduceat(val,st)
        sb=box[st]
        const=mn==mx
        base=bx.base+np.bincount(sb[const],mn[const],B)
        rest=np.bincount(sb[~const],mn[~const],B)
        bound=base+rest
    else: base=bx.base; bound=base; 
    undec=bound<=slack
    stats['boxes']+=B
    if not undec.any(): return None,None,None
    # keep items of undecided, nonconstant
    if len(leaf):
        ssz=np.diff(np.append(st,len(leaf)))
        keep_item=np.repeat(~const&undec[sb],ssz)
        leaf=leaf[keep_item]; val=val[keep_item]
        segkeep=~const&undec[sb]; ssz=ssz[segkeep]; mn=mn[segkeep]; sb=sb[segkeep]
        renum=np.cumsum(undec)-1; sb=renum[sb]
    else: ssz=np.empty(0,int); mn=np.empty(0); sb=np.empty(0,int)
    B=int(undec.sum()); count=np.bincount(np.repeat(sb,ssz),minlength=B)
    b2=Boxes(bx.row[undec],bx.low[undec],bx.high[undec],bx.bits[undec],base[undec],count,leaf)
    # minimisers
    S=len(mn)
    if S:
        st=np.cumsum(ssz)-ssz
        seg=np.repeat(np.arange(S),ssz)
        ismin=val==mn[seg]
        pos=np.flatnonzero(ismin); first_of=pos[np.unique(seg[pos],return_index=True)[1]] if False else pos[np.searchsorted(seg[pos],np.arange(S))]
        ml=leaf[first_of]
        second=np.minimum.reduceat(np.where(ismin,np.inf,val),st)
        w=second-mn
    else: ml=np.empty(0,np.int32); w=np.empty(0)
    tot=np.bincount(sb,w,B)
    score=np.full((B,A),-1.0); best=np.zeros((B,A),np.int32); incs=[]
    bs=np.searchsorted(sb,np.arange(B))
    for k,a in enumerate(lk.axes):
        K=a.boxes.cells
        if a.ordered:
            lo=b2.low[:,k]; hi=b2.high[:,k]
            f=np.maximum(lk.first[k,ml],lo[sb]); l=np.minimum(lk.last[k,ml],hi[sb])
            D=np.bincount(sb*(K+2)+f+1,w,B*(K+2))[:B*(K+2)]-np.bincount(sb*(K+2)+l+2,w,B*(K+2)+2)[:B*(K+2)]
            inc=D.reshape(B,K+2).cumsum(1)[:,1:K+1]
            c=np.arange(K); ok=(c>=lo[:,None])&(c<=hi[:,None])
            can=(lo>=0)&(hi>lo)
        else:
            wm=w[:,None]*lk.mem[k][ml]
            inc=np.zeros((B,K)); 
            if S:
                nz=np.bincount(sb,minlength=B)>0
                inc[nz]=np.add.reduceat(wm,bs[nz],axis=0)
            ok=((b2.bits[:,k,None]>>np.arange(K,dtype=np.uint64))&np.uint64(1)).astype(bool)
            can=ok.sum(1)>1
        inc=np.where(ok,inc,-1.0); incs.append((inc,ok))
        best[:,k]=inc.argmax(1)
        score[:,k]=np.where(can,tot-inc.max(1),-1)
    return b2,(score,best,incs,tot,sb,w,ml),bound[undec]

def split(lk,b2,info,pick):
    score,best,incs,tot,sb,w,ml=info
    B=len(b2.row); axis=score.argmax(1)
    ch=[]  # (parent idx, axis, lo, hi, bits)
    par=[];ax=[];lo_=[];hi_=[];bt_=[]
    for k,a in enumerate(lk.axes):
        idx=np.flatnonzero((axis==k)&pick)
        if not len(idx): continue
        K=a.boxes.cells
        if a.ordered:
            m=np.zeros(B,bool); m[idx]=True; s=m[sb]; q=sb[s]; fl=lk.first[k,ml[s]]; ll=lk.last[k,ml[s]]; ww=w[s]
            lo=b2.low[:,k]; hi=b2.high[:,k]
            f=np.maximum(fl,lo[q]); l=np.minimum(ll,hi[q])
            WL=np.bincount(q*K+l,ww,B*K).reshape(B,K)[idx].cumsum(1)  # weight with last<=c
            WR=np.bincount(q*K+f,ww,B*K).reshape(B,K)[idx][:,::-1].cumsum(1)[:,::-1] # first>=c
            # cut c: left [lo,c-1], right [c,hi]
            wl=WL[:,:-1]; wr=WR[:,1:]
            sc=np.minimum(wl,wr)+1e-3*(wl+wr)
            c=np.arange(1,K); okc=(c>lo[idx,None])&(c<=hi[idx,None])
            sc=np.where(okc,sc,-1); cut=sc.argmax(1)+1
            for side in (0,1):
                par.append(idx); ax.append(np.full(len(idx),k)); 
                lo_.append(lo[idx] if side==0 else cut); hi_.append(cut-1 if side==0 else hi[idx]); bt_.append(np.zeros(len(idx),np.uint64))
        else:
            inc,ok=incs[k]; inc=inc[idx]; ok=ok[idx]
            order=np.argsort(np.argsort(-np.where(ok,inc,-1),axis=1,kind='stable'),axis=1)
            n=ok.sum(1); top=ok&(order<((n+1)//2)[:,None])
            for msk in (top,ok&~top):
                par.append(idx); ax.append(np.full(len(idx),k)); z=np.zeros(len(idx),np.int32); lo_.append(z); hi_.append(z)
                bt_.append((msk.astype(np.uint64)<<np.arange(K,dtype=np.uint64)).sum(1,dtype=np.uint64))
    par=np.concatenate(par); ax=np.concatenate(ax); lo=np.concatenate(lo_); hi=np.concatenate(hi_); bt=np.concatenate(bt_)
    C=len(par); cnt=b2.count[par]; off=np.cumsum(b2.count)-b2.count
    src=np.repeat(off[par]-(np.cumsum(cnt)-cnt),cnt)+np.arange(cnt.sum())
    leaf=b2.leaf[src]; child=np.repeat(np.arange(C),cnt)
    at=ax[child]*lk.L+leaf
    ordr=np.array([a.ordered for a in lk.axes])
    keep=np.where(ordr[ax][child],(lk.first.ravel()[at]<=hi[child])&(lk.last.ravel()[at]>=lo[child]),(lk.words.ravel()[at]&bt[child])!=0)
    low=b2.low[par].copy(); high=b2.high[par].copy(); bits=b2.bits[par].copy(); j=np.arange(C)
    low[j,ax]=lo; high[j,ax]=hi; bits[j,ax]=np.where(ordr[ax],bits[j,ax],bt)
    return Boxes(b2.row[par],low,high,bits,b2.base[par],np.bincount(child[keep],minlength=C),leaf[keep])

def search(contest, field, alive, n, evaluate, budget=2000, limit=400_000):
    lk=Lookup(contest,field); stats=dict(boxes=0,iters=0,evals=0)
    status=np.zeros(n,int) # 0 undecided/certified,1 attacked,2 unresolved
    used=np.zeros(n,int)
    stack=[initial(lk,field,alive,n)]
    while stack:
        cur=[stack.pop()]; tot=len(cur[0].leaf)
        while stack and tot+len(stack[-1].leaf)<limit: cur.append(stack.pop()); tot+=len(cur[-1].leaf)
        bx=cat(cur) if len(cur)>1 else cur[0]
        if len(bx.leaf)>limit and len(bx.row)>1:
            h=np.searchsorted(np.cumsum(bx.count),limit)+1; m=np.arange(len(bx.row))<h
            if not m.all(): stack.append(bx.pick(~m)); bx=bx.pick(m)
        ok=status[bx.row]==0
        if not ok.all(): bx=bx.pick(ok)
        if not len(bx.row): continue
        stats['iters']+=1
        used+=np.bincount(bx.row,minlength=n)
        over=used>budget; status[over&(status==0)]=2
        b2,info,bound=process(lk,bx,contest.slack,stats)
        if b2 is None: continue
        agreed=info[0].max(1)<=1e-12
        idx=np.flatnonzero(agreed)
        if len(idx):
            stats['evals']+=len(idx)
            flips=evaluate(b2.row[idx],info[1][idx])
            status[b2.row[idx][flips]]=1
            un=b2.row[idx][~flips]; status[un[status[un]==0]]=2
        pick=~agreed&(status[b2.row]==0)
        if pick.any(): stack.append(split(lk,b2,info,pick))
    return status,used,stats
