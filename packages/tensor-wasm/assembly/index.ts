/** The kernels of the core primitives. JavaScript owns the memory; nothing here keeps any data. */
export * from './binary';
export * from './cast';
export * from './copy';
export * from './factor';
export * from './indexed';
export * from './lines';
export * from './matmul';
export * from './reduce';
export * from './select';
export * from './silu';
export * from './unary';
