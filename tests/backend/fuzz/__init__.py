"""A fuzzer that speaks gRPC: random and mutated messages, raw bytes and raw frames, at a real backend."""
