import { defineService, rpc, topic } from 'socket.io-p2p-plugin';
import { z } from 'zod';

/** All that the shop and its customers have to agree on. Any Standard Schema will do: Zod, Valibot, ArkType, … */
export const shop = defineService('shop', {
  catalogue: rpc({
    yields: z.object({ item: z.string(), price: z.number() }),
  }),
  order: rpc({
    input: z.object({ item: z.string(), count: z.int().min(1).default(1) }),
    output: z.object({ sum: z.number() }),
    errors: { SOLD_OUT: z.object({ left: z.int() }) },
  }),
  stock: topic(z.object({ item: z.string(), left: z.int() })),
});
