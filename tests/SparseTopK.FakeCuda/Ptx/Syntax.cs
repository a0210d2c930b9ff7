using SparseTopK.FakeCuda.Translation;

namespace SparseTopK.FakeCuda.Ptx;

/// <summary>A module with one kernel.</summary>
internal sealed record Kernel(string Name, IReadOnlyList<Parameter> Parameters, IReadOnlyList<Statement> Body)
{
    /// <summary>The bytes of the buffer of all parameters.</summary>
    public int ParameterBytes => Parameters.Count == 0 ? 0 : Parameters[^1].Offset + Parameters[^1].Bytes;
}

/// <summary>A parameter, and where it lies in the buffer of all.</summary>
internal sealed record Parameter(string Name, int Offset, int Bytes);

internal abstract record Statement(int Line);

internal sealed record Label(int Line, string Name) : Statement(Line);

/// <summary>Where an indexed branch may go.</summary>
internal sealed record BranchTargets(int Line, string Name, IReadOnlyList<string> Targets) : Statement(Line);

/// <summary>Registers prefix0, prefix1, .. or, without a count, one register.</summary>
internal sealed record Registers(int Line, PtxType Type, string Name, int? Count) : Statement(Line);

/// <summary>Memory of the block or of the thread.</summary>
internal sealed record Variable(int Line, Space Space, int Alignment, string Name, int Bytes) : Statement(Line);

/// <summary>An instruction with its opcode and all modifiers, which may depend on a predicate.</summary>
internal sealed record Instruction(int Line, string? Predicate, bool IsNegated, string Opcode, IReadOnlyList<Operand> Operands) : Statement(Line);

internal abstract record Operand;

/// <summary>A register or the name of a label, variable or parameter.</summary>
internal sealed record Name(string Text) : Operand;

internal sealed record NotPredicate(string Register) : Operand;

/// <summary>An integer, as its 64 bits.</summary>
internal sealed record IntegerConstant(ulong Bits) : Operand;

/// <summary>A floating-point number, as its bits.</summary>
internal sealed record FloatConstant(ulong Bits, int Width) : Operand;

/// <summary>[base + offset].</summary>
internal sealed record Address(Operand Base, long Offset) : Operand;

/// <summary>{a, b, ..}.</summary>
internal sealed record OperandList(IReadOnlyList<Operand> Items) : Operand;
