namespace SparseTopK.FakeCuda.Translation;

/// <summary>What an opcode with all its modifiers does.</summary>
internal abstract record Operation;

/// <summary>An expression of C in its operands a, b, c, d.</summary>
/// <param name="Result">The type of the first operand, which is written; null where there is none.</param>
/// <param name="Operands">The types of the operands that are read.</param>
/// <param name="Expression">$T stands for the C type of the opcode's last suffix, $N for its width, $L for the line.</param>
/// <param name="MayWiden">Whether registers may be wider than the types, as for cvt.</param>
/// <param name="Waits">Whether threads wait for each other in it.</param>
internal sealed record Formula(PtxType? Result, IReadOnlyList<PtxType> Operands, string Expression, bool MayWiden, bool Waits) : Operation;

/// <summary>Reads consecutive values.</summary>
internal sealed record Load(Space Space, int Count, PtxType Type) : Operation;

/// <summary>Writes consecutive values.</summary>
internal sealed record Store(Space Space, int Count, PtxType Type) : Operation;

/// <summary>Replaces old in memory by an expression of C in old, a and b.</summary>
/// <param name="Space">Where.</param>
/// <param name="Type">Of all operands.</param>
/// <param name="Operands">How many values it takes.</param>
/// <param name="Expression">The new value.</param>
/// <param name="HasResult">Whether the old value is the first operand.</param>
internal sealed record Atomic(Space Space, PtxType Type, int Operands, string Expression, bool HasResult) : Operation;
