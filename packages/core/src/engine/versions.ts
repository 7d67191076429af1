/** What made a map, for its provenance. The pin of onnxruntime-web is exact: see the peer dependency. */
export const versions = { sightline: '0.1.0', 'onnxruntime-web': '1.30.0' } as const;
